import type { Ports } from "../protocol/ports.ts";
import { createListConversations } from "../use-cases/list-conversations.ts";
import { createGetConversation } from "../use-cases/read-conversation.ts";
import { createReadRunEnd } from "../use-cases/read-run-end.ts";
import { createGetRun, createListRuns } from "../use-cases/read-runs.ts";
import { catchUpPrompt } from "./catch-up.ts";
import { createConversationResources } from "./conversation-resources.ts";
import { createDiagnoseRunPrompt } from "./diagnose-run.ts";
import { planSchedulePrompt } from "./plan-schedule.ts";
import type { CatalogPrompt } from "./prompt.ts";
import type { CatalogResource } from "./resource.ts";

export const createResources = (ports: Ports): readonly CatalogResource[] =>
  createConversationResources(createGetConversation(ports), createListConversations(ports));

/** All prompts, in the order in which clients show them. */
export const createPrompts = (ports: Ports): readonly CatalogPrompt[] => [
  planSchedulePrompt,
  catchUpPrompt,
  createDiagnoseRunPrompt(createGetRun(ports), createListRuns(ports), createReadRunEnd(ports)),
];
