import type { ResourceLink } from "./resource.ts";

/** Where a transcript can be read as a resource. Ids hold no dot, so the two forms cannot be mistaken for each other. */
export const markdownAddress = (id: string): string => `conversation://${id}`;
export const jsonAddress = (id: string): string => `${markdownAddress(id)}.json`;

/** The id in an address of that form; undefined when it is another one. */
export function idInAddress(uri: string, form: typeof markdownAddress): string | undefined {
  const id = /^conversation:\/\/([^/?#.]+)/.exec(uri)?.[1];
  return id !== undefined && uri === form(id) ? id : undefined;
}

export const transcriptLink = (conversationId: string, title: string): ResourceLink => ({
  uri: markdownAddress(conversationId),
  name: conversationId,
  title,
  description: "Transcript: everything that was said, which tools were called, and what they answered.",
  mimeType: "text/markdown",
});
