import { z } from "zod";
import { type ConversationEvent, conversationEventSchema, type LoggedEvent } from "../../conversations/events.ts";
import { type BlobLabel, damaged } from "../../kernel/damage.ts";
import { parseJson } from "./stored-json.ts";

/** One JSON line for each event. */
export const toEventLines = (events: readonly ConversationEvent[]): Uint8Array =>
  Buffer.from(events.map((event) => `${JSON.stringify(z.encode(conversationEventSchema, event))}\n`).join(""));

/**
 * The events of a segment. What a later version of this app wrote is kept as an unknown event; a line that is no JSON
 * object with a type, or one of ours with another shape, throws INTERNAL_ERROR.
 */
export function fromEventLines(text: string, label: BlobLabel): LoggedEvent[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => fromEventLine(line, label));
}

/** How the lines of a segment are read. */
export type ReadEventLines = typeof fromEventLines;

function fromEventLine(line: string, label: BlobLabel): LoggedEvent {
  const envelope = envelopeSchema.safeParse(parseJson(line, label));
  if (!envelope.success) throw damaged(label, envelope.error);
  const { data } = envelope;
  if (data.v !== 1 || !knownTypes.has(data.type)) return { type: "unknown", raw: data };
  const event = conversationEventSchema.safeParse(data);
  if (!event.success) throw damaged(label, event.error);
  return event.data;
}

const envelopeSchema = z.looseObject({ v: z.number(), type: z.string() });

const knownTypes: ReadonlySet<string> = new Set(conversationEventSchema.options.map(({ shape }) => shape.type.value));
