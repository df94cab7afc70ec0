import type { Principal } from "../access/principal.ts";
import { toIso } from "../kernel/clock.ts";
import type { createListConversations, ListedConversation } from "../use-cases/list-conversations.ts";
import type { createGetConversation } from "../use-cases/read-conversation.ts";
import { idInAddress, jsonAddress, markdownAddress, transcriptLink } from "./conversation-address.ts";
import type { CatalogResource, Complete, ResourceLink } from "./resource.ts";
import {
  jsonTranscript,
  markdownTranscript,
  type TranscriptForm,
  transcriptEvents,
  writeTranscript,
} from "./transcript.ts";

type GetConversation = ReturnType<typeof createGetConversation>;
type ListConversations = ReturnType<typeof createListConversations>;

const listedConversations = 20;

/** Transcripts as resources, in two forms. */
export function createConversationResources(
  getConversation: GetConversation,
  listConversations: ListConversations,
): readonly CatalogResource[] {
  const id = completeId(listConversations);
  const common = { tools: ["get_conversation"], complete: { id } };
  return [
    {
      ...common,
      name: "conversation",
      title: "Conversation",
      description: "The transcript of a conversation for a person to read. The id is conversation_id of a run.",
      uriTemplate: markdownAddress("{id}"),
      mimeType: markdownTranscript.mimeType,
      read: createRead(getConversation, markdownAddress, markdownTranscript),
      async list(principal, cursor) {
        const { items, ...more } = await listConversations(principal, { limit: listedConversations, cursor });
        return { ...more, items: items.map(linkTo) };
      },
    },
    {
      ...common,
      name: "conversation_json",
      title: "Conversation as JSON",
      description: "The transcript of a conversation for a program: the events as get_conversation shows them.",
      uriTemplate: jsonAddress("{id}"),
      mimeType: jsonTranscript.mimeType,
      read: createRead(getConversation, jsonAddress, jsonTranscript),
    },
  ];
}

/** Conversations of one schedule have the same title, so the time tells them apart. */
const linkTo = ({ head, lastRun: { slot } }: ListedConversation): ResourceLink =>
  transcriptLink(head.id, `${head.title}, ${toIso(slot).slice(0, 16).replace("T", " ")} UTC`);

function createRead(getConversation: GetConversation, address: (id: string) => string, form: TranscriptForm) {
  return (uri: string, principal: Principal): Promise<string> | undefined => {
    const id = idInAddress(uri, address);
    if (id === undefined) return undefined;
    return getConversation(principal, id, undefined, transcriptEvents).then((page) => writeTranscript(page, form));
  };
}

const suggestedFrom = 50;

/** Newest conversations whose id begins with what is typed, or whose title holds it. */
const completeId =
  (listConversations: ListConversations): Complete =>
  async (typed, principal) => {
    const { items } = await listConversations(principal, { limit: suggestedFrom });
    const wanted = typed.toLowerCase();
    return items
      .map(({ head }) => head)
      .filter(({ id, title }) => id.startsWith(wanted) || title.toLowerCase().includes(wanted))
      .map(({ id }) => id);
  };
