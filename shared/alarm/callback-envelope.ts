import { z } from "zod";
import { invalid } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import type { AlarmSlot } from "./external-alarm.ts";

const statusSchema = z.enum(["due", "completed", "failed", "cancelled"]);

/** What a callback says. */
export interface CallbackEnvelope {
  /** A schedule id or a run id, as sent; undefined when the body names nothing. */
  readonly conversationId: string | undefined;
  /** `due`: our work begins. The others: the Scheduler did the work itself, and this is how it ended. */
  readonly status: z.output<typeof statusSchema>;
  /** Text, or JSON as text. */
  readonly content: string | undefined;
}

/** The text that a Scheduler keeps for a slot and posts as it is. It stands in foreign logs, so nothing private is in it. */
export const dueEnvelope = ({ scheduleId }: AlarmSlot): string =>
  JSON.stringify({ conversationId: scheduleId, status: "due", content: "A slot of this conversation is due." });

const anyCase = z.string().toLowerCase().pipe(statusSchema);

const named = z.object({
  conversationId: z.string(),
  status: z.unknown().optional(),
  content: z.unknown().optional(),
});

/** A signed address names the conversation itself. Both members are needed, or other JSON might be taken for it. */
const unnamed = z
  .object({ conversationId: z.undefined().optional(), status: anyCase, content: z.unknown() })
  .refine((body) => body.content !== undefined);

const envelopeSchema = z.union([named, unnamed]);

/**
 * Reads any body. Whatever is no envelope, an object with a `conversationId` or with status and content, means due and is its
 * content: Schedulers post what they were given, and say application/json of any text, so that the header says nothing
 * about the body.
 * @throws AppError VALIDATION_ERROR for an envelope whose status or content cannot be understood
 */
export function readEnvelope(body: string): CallbackEnvelope {
  const text = body.trim();
  const { success, data } = envelopeSchema.safeParse(parseJson(text));
  if (!success) return { conversationId: undefined, status: "due", content: text === "" ? undefined : text };
  return { conversationId: data.conversationId, status: readStatus(data.status), content: readContent(data.content) };
}

/** One that is not understood is not taken for due: work that was done elsewhere would be done again here. */
function readStatus(status: unknown): CallbackEnvelope["status"] {
  if (status === undefined || status === null) return "due";
  const { success, data } = anyCase.safeParse(status);
  if (success) return data;
  throw invalid(`The status of the envelope is not known. Send ${statusSchema.options.join(", ")}, or leave it out.`);
}

function readContent(content: unknown): string | undefined {
  if (content === undefined || content === null) return undefined;
  if (typeof content === "string") return content;
  try {
    return JSON.stringify(content);
  } catch {
    // What can be parsed can be nested too deeply to be written.
    throw invalid("The content of the envelope is nested too deeply. Send it as text.");
  }
}
