import type { ConversationHead } from "../conversations/conversation-log.ts";
import { conversationMarkdown, eventMarkdown } from "../conversations/conversation-markdown.ts";
import type { ConversationPage } from "../use-cases/read-conversation.ts";
import { viewEvent } from "./views.ts";

type PlacedEvent = ConversationPage["events"][number];

/** How a transcript is written as one text. */
export interface TranscriptForm {
  readonly mimeType: string;
  readonly event: (placed: PlacedEvent) => string;
  /** @param next position of the first event that is left out */
  readonly whole: (head: ConversationHead, events: readonly PlacedEvent[], next: string | undefined) => string;
}

export const markdownTranscript: TranscriptForm = {
  mimeType: "text/markdown",
  event: ({ event }) => eventMarkdown(event),
  whole(head, placed, next) {
    const events = placed.map(({ event }) => event);
    const text = conversationMarkdown(head, events);
    return next === undefined ? text : `${text}\n\n---\n\n_${restNote(head.id, next)}_`;
  },
};

export const jsonTranscript: TranscriptForm = {
  mimeType: "application/json",
  event: ({ position, event }) => JSON.stringify(viewEvent(position, event)),
  whole({ id, title }, placed, next) {
    const events = placed.map(({ position, event }) => viewEvent(position, event));
    const rest = next === undefined ? {} : { next_from_event: next, note: restNote(id, next) };
    return JSON.stringify({ conversation_id: id, title, events, ...rest });
  },
};

/** One reading holds so many events and characters: a client can show it, and it fits into any answer. */
export const transcriptEvents = 500;
const transcriptCharacters = 256 * 1024;

/** A page of a conversation as one text, which says how to read on when the page is not the whole of it. */
export function writeTranscript({ head, events, next }: ConversationPage, form: TranscriptForm): string {
  const kept = events.slice(0, countThatFits(events, form));
  return form.whole(head, kept, events[kept.length]?.position ?? next);
}

/** At least one, so that reading on always gets further. */
function countThatFits(events: readonly PlacedEvent[], { event }: TranscriptForm): number {
  let characters = 0;
  const tooLong = events.findIndex((placed, index) => {
    characters += event(placed).length;
    return index > 0 && characters > transcriptCharacters;
  });
  return tooLong === -1 ? events.length : tooLong;
}

const restNote = (id: string, next: string): string =>
  `The conversation goes on: get_conversation with id ${id} and from_event ${next} shows what follows.`;
