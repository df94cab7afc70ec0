import type { Ports } from "../protocol/ports.ts";
import type { TimingLimits } from "../schedule/read-timing.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { createCancelRun } from "../use-cases/cancel-run.ts";
import { createDeleteSchedule } from "../use-cases/delete-schedule.ts";
import { createGetConversation } from "../use-cases/read-conversation.ts";
import { createGetRun, createListRuns } from "../use-cases/read-runs.ts";
import { createGetSchedule, createListSchedules } from "../use-cases/read-schedules.ts";
import { createScheduleConversation } from "../use-cases/schedule-conversation.ts";
import { createTriggerSchedule } from "../use-cases/trigger-schedule.ts";
import { createUpdateSchedule } from "../use-cases/update-schedule.ts";
import { createCancelRunTool } from "./cancel-run.ts";
import { createDeleteScheduleTool } from "./delete-schedule.ts";
import { createGetConversationTool } from "./get-conversation.ts";
import { createGetKnowledgeBaseTool } from "./get-knowledge-base.ts";
import { createGetRunTool } from "./get-run.ts";
import { createGetScheduleTool } from "./get-schedule.ts";
import type { Knowledge } from "./knowledge.ts";
import { createListRunsTool } from "./list-runs.ts";
import { createListSchedulesTool } from "./list-schedules.ts";
import { createScheduleConversationTool } from "./schedule-conversation.ts";
import { createScheduleConversationsTool } from "./schedule-conversations.ts";
import type { CatalogTool } from "./tool.ts";
import { createTriggerScheduleTool } from "./trigger-schedule.ts";
import { createUpdateScheduleTool } from "./update-schedule.ts";

/** What a model that connects is told about how the tools fit together. */
export const instructions =
  "This server runs AI conversations on a schedule. schedule_conversation plans one: its prompt is said to a model at each planned time, with tools, while nobody is online. Ask the person for their time zone; never guess it. Use dry_run first when the times are not obvious, and show in_words and next_slots. schedule_conversations plans many; update_schedule changes, pauses or resumes one. list_schedules finds schedules, get_schedule shows the next times and last runs of one. Each planned time becomes one run: get_run tells its outcome and the start of its answer, get_conversation shows the whole transcript. trigger_schedule runs one now, cancel_run stops a run, delete_schedule ends a schedule; ask before the last two. get_knowledge_base searches the organisation's questions and answers. Errors say what to change; nothing is half done when a call fails.";

/** All tools, in the order in which clients show them. */
export function createCatalog(
  ports: Ports,
  toolbox: Toolbox,
  knowledge: Knowledge,
  limits: TimingLimits,
): readonly CatalogTool[] {
  const scheduleConversation = createScheduleConversationTool(createScheduleConversation(ports, toolbox, limits));
  return [
    scheduleConversation,
    createScheduleConversationsTool(scheduleConversation, ports.events),
    createUpdateScheduleTool(createUpdateSchedule(ports, toolbox, limits)),
    createListSchedulesTool(createListSchedules(ports)),
    createGetScheduleTool(createGetSchedule(ports)),
    createTriggerScheduleTool(createTriggerSchedule(ports)),
    createDeleteScheduleTool(createDeleteSchedule(ports)),
    createListRunsTool(createListRuns(ports)),
    createGetRunTool(createGetRun(ports)),
    createCancelRunTool(createCancelRun(ports)),
    createGetConversationTool(createGetConversation(ports)),
    createGetKnowledgeBaseTool(knowledge),
  ];
}
