import { empty, failure, json, problem } from "./answers.ts";
import type { BoundObject, Shape } from "./binding.ts";
import { type Conversation, readGuid, statuses } from "./conversations.ts";
import { type Call, withBody } from "./dialects.ts";
import { freshly, fromStorage, type KeptTime, parseIso } from "./time.ts";

const target: Shape = {
  type: "McpScheduler.Core.Models.ResponseTarget",
  fields: [
    { name: "id", kind: "string" },
    { name: "endpoint", kind: "string", isRequired: true },
    { name: "method", kind: "string", isRequired: true },
    { name: "headersJson", kind: "string" },
    { name: "additionalInfo", kind: "string" },
  ],
};

/** `POST /api/conversations`. */
export const createConversation = withBody(
  {
    type: "McpScheduler.Api.Controllers.ConversationCreateRequest",
    fields: [
      { name: "conversationText", kind: "string", isRequired: true },
      { name: "scheduledTime", kind: "time" },
      { name: "target", kind: target, isRequired: true },
    ],
  },
  ({ conversationText, scheduledTime, target: given }, { service, url }) => {
    const { id, endpoint = "", method = "", headersJson = null, additionalInfo = null } = given as BoundObject;
    const time = parseIso(String(scheduledTime));
    if (endpoint === "") return failure("Target endpoint is required (Parameter 'Target')");
    if (time === undefined || time.at <= service.now())
      return failure("Scheduled time must be in the future (Parameter 'ScheduledTime')");
    const asked = { endpoint, method, headersJson, additionalInfo };
    const added = service.schedule({ scheduledTime: time, text: String(conversationText), target: asked }, id);
    if (added === undefined) return failure("An error occurred while creating the conversation", 500);
    return json(show(added, freshly), 201, { Location: `${url.origin}/api/Conversations/${added.id}` });
  },
);

/** `GET /api/conversations`: the newest first. */
export function listConversations({ service, url: { searchParams } }: Call): Response {
  for (const name of ["page", "pageSize"]) {
    const said = searchParams.get(name) ?? "0";
    const fault = said === "" ? "invalid" : "not valid";
    if (!/^-?\d+$/.test(said)) return problem(400, { [name]: [`The value '${said}' is ${fault}.`] });
  }
  const page = Math.max(1, Number(searchParams.get("page") ?? 1));
  const pageSize = Math.min(100, Math.max(1, Number(searchParams.get("pageSize") ?? 10)));
  const isWanted = filterOf(searchParams.get("status") ?? "");
  const wanted = service.conversations.filter(isWanted).reverse();
  return json({
    data: wanted.slice((page - 1) * pageSize, page * pageSize).map((one) => show(one, fromStorage)),
    page,
    pageSize,
    totalCount: wanted.length,
    totalPages: Math.ceil(wanted.length / pageSize),
  });
}

/** A number, known or not, or a known word in any case; anything else is as if it had not been said. */
function filterOf(said: string): (conversation: Conversation) => boolean {
  const known = statuses.findIndex((status) => status.toLowerCase() === said.toLowerCase());
  const number = /^\d+$/.test(said) ? Number(said) : known;
  return ({ status }) => number === -1 || statuses.indexOf(status) === number;
}

/** `GET /api/conversations/{id}`. */
export function getConversation({ service, id }: Call): Response {
  const guid = readGuid(id);
  if (guid === undefined) return wrongId(id);
  const conversation = service.conversations.find((one) => one.id === guid);
  return conversation === undefined ? problem(404) : json(show(conversation, fromStorage));
}

/** `DELETE /api/conversations/{id}` cancels; there is no other way to be rid of one. */
export function deleteConversation({ service, id }: Call): Response {
  const guid = readGuid(id);
  if (guid === undefined) return wrongId(id);
  return service.cancel(guid) ? empty(204) : problem(404);
}

const wrongId = (id: string): Response => problem(400, { id: [`The value '${id}' is not valid.`] });

const show = (conversation: Conversation, timeText: (time: KeptTime) => string) => ({
  id: conversation.id,
  scheduledTime: timeText(conversation.scheduledTime),
  conversationText: conversation.text,
  target: {
    id: conversation.target.id,
    conversationId: conversation.id,
    endpoint: conversation.target.endpoint,
    method: conversation.target.method,
    headersJson: conversation.target.headersJson,
    additionalInfo: conversation.target.additionalInfo,
  },
  createdAt: timeText(conversation.createdAt),
  updatedAt: timeText(conversation.updatedAt),
  status: statuses.indexOf(conversation.status),
});
