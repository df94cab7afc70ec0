import { readGuid, type Status } from "./conversations.ts";
import type { Service } from "./service.ts";
import { parseLoosely } from "./time.ts";

/** What the service's own code says no to; its words are for the caller. */
export class Refused extends Error {}

/** Arguments as texts; those not given, or given as null, are undefined. */
export type Arguments = Readonly<Record<string, string | undefined>>;

type ToolCall = (service: Service, given: Arguments) => string | boolean;

/** By the tools' names in dialect A. */
export const toolCalls: Readonly<Record<string, ToolCall>> = {
  scheduleConversation: (service, given) => schedule(service, given),
  getConversationStatus: (service, given) => status(service, given),
  cancelConversation: (service, given) => service.cancel(idOf(given)),
};

function schedule(service: Service, given: Arguments): string {
  const text = need(given, "conversationText", "Conversation text");
  const time = need(given, "scheduledTime", "Scheduled time");
  const endpoint = need(given, "endpoint", "Endpoint");
  for (const { name, title, said } of [text, time, endpoint])
    if (said === "") throw new Refused(`${title} is required (Parameter '${name}')`);
  const scheduledTime = parseLoosely(time.said, service.now());
  if (scheduledTime === undefined)
    throw new Refused("Invalid scheduled time format. Use ISO 8601 format. (Parameter 'scheduledTime')");
  if (scheduledTime.at <= service.now())
    throw new Refused("Scheduled time must be in the future (Parameter 'scheduledTime')");
  const target = {
    endpoint: endpoint.said,
    method: given.method ?? "POST",
    headersJson: '{"Content-Type":"application/json"}',
    additionalInfo: given.additionalInfo ?? null,
  };
  const added = service.schedule({ scheduledTime, text: text.said, target });
  if (added === undefined) throw new Error("Two targets have got the same id.");
  return added.id;
}

function status(service: Service, given: Arguments): Status {
  const conversation = service.conversations.find(({ id }) => id === idOf(given));
  if (conversation === undefined) throw new Refused("Conversation not found (Parameter 'conversationId')");
  return conversation.status;
}

function idOf(given: Arguments): string {
  const { said } = need(given, "conversationId", "Conversation ID");
  if (said === "") throw new Refused("Conversation ID is required (Parameter 'conversationId')");
  const id = readGuid(said);
  if (id === undefined) throw new Refused("Invalid conversation ID format (Parameter 'conversationId')");
  return id;
}

function need(given: Arguments, name: string, title: string) {
  const said = given[name];
  if (said === undefined) throw new Refused(`${name} is required`);
  return { name, title, said };
}
