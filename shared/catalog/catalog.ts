import type { Ports } from "../protocol/ports.ts";
import type { TimingLimits } from "../schedule/read-timing.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { createCancelRun } from "../use-cases/cancel-run.ts";
import { createContinueConversation } from "../use-cases/continue-conversation.ts";
import { createDecideApproval } from "../use-cases/decide-approval.ts";
import { createDeleteConversation } from "../use-cases/delete-conversation.ts";
import { createDeleteSchedule } from "../use-cases/delete-schedule.ts";
import { createFindOpenPoints } from "../use-cases/find-open-points.ts";
import { createFindTranscript } from "../use-cases/find-transcript.ts";
import { createGetUsage } from "../use-cases/get-usage.ts";
import { createFindApproval, createListApprovals } from "../use-cases/list-approvals.ts";
import { createListConversations } from "../use-cases/list-conversations.ts";
import { createGetConversation } from "../use-cases/read-conversation.ts";
import { createGetRun, createListRuns } from "../use-cases/read-runs.ts";
import { createGetSchedule, createListSchedules } from "../use-cases/read-schedules.ts";
import { createScheduleConversation } from "../use-cases/schedule-conversation.ts";
import { createTriggerSchedule } from "../use-cases/trigger-schedule.ts";
import { createUpdateSchedule } from "../use-cases/update-schedule.ts";
import { createWhatHappened } from "../use-cases/what-happened.ts";
import { createCancelRunTool } from "./cancel-run.ts";
import { createContinueConversationTool } from "./continue-conversation.ts";
import { createDecideApprovalTool } from "./decide-approval.ts";
import { createDeleteConversationTool } from "./delete-conversation.ts";
import { createDeleteScheduleTool } from "./delete-schedule.ts";
import { createGetConversationTool } from "./get-conversation.ts";
import { createGetKnowledgeBaseTool } from "./get-knowledge-base.ts";
import { createGetRunTool } from "./get-run.ts";
import { createGetScheduleTool } from "./get-schedule.ts";
import { createGetUsageTool } from "./get-usage.ts";
import type { Knowledge } from "./knowledge.ts";
import { createListApprovalsTool } from "./list-approvals.ts";
import { createListConversationsTool } from "./list-conversations.ts";
import { createListRunsTool } from "./list-runs.ts";
import { createListSchedulesTool } from "./list-schedules.ts";
import { createScheduleConversationTool } from "./schedule-conversation.ts";
import { createScheduleConversationsTool } from "./schedule-conversations.ts";
import type { CatalogTool } from "./tool.ts";
import { createTriggerScheduleTool } from "./trigger-schedule.ts";
import { createUpdateScheduleTool } from "./update-schedule.ts";
import { createWhatHappenedTool } from "./what-happened.ts";

/** What a model that connects is told about how the tools fit together. */
export const instructionsFor = (tools: readonly CatalogTool[]): string =>
  tools.some(({ toolset }) => toolset === "backend") ? `${instructions} ${backendInstructions}` : instructions;

const backendInstructions =
  "list_tickets, list_users, get_user_profile and query_data read the organisation's own tickets, users and datasets; create_ticket adds a ticket.";

const instructions =
  "This server runs AI conversations on a schedule. schedule_conversation plans one: its prompt is said to a model at each planned time, while nobody is online. Ask the person for their time zone; never guess it. Use dry_run when times or cost are unclear; show in_words and next_slots. schedule_conversations plans many; update_schedule changes, pauses or resumes one. list_schedules finds schedules, get_schedule shows the next times, last runs and budget of one. Start with what_happened when the person comes back. Each planned time becomes one run: get_run tells its outcome and the start of its answer, get_conversation the whole transcript, continue_conversation asks back or begins a new one. trigger_schedule runs one now. Ask before cancel_run, delete_schedule and delete_conversation. list_approvals shows tool calls that wait for the person, decide_approval carries out their decision. get_knowledge_base searches questions and answers. Errors say what to change; nothing is half done when a call fails.";

/** All tools, in the order in which clients show them. */
export function createCatalog(
  ports: Ports,
  toolbox: Toolbox,
  knowledge: Knowledge,
  limits: TimingLimits,
): readonly CatalogTool[] {
  const scheduleConversation = createScheduleConversationTool(
    createScheduleConversation(ports, toolbox, limits),
    createFindOpenPoints(ports, toolbox),
  );
  return [
    scheduleConversation,
    createScheduleConversationsTool(scheduleConversation, ports.events),
    createUpdateScheduleTool(createUpdateSchedule(ports, toolbox, limits)),
    createListSchedulesTool(createListSchedules(ports)),
    createGetScheduleTool(createGetSchedule(ports)),
    createTriggerScheduleTool(createTriggerSchedule(ports)),
    createDeleteScheduleTool(createDeleteSchedule(ports)),
    createWhatHappenedTool(createWhatHappened(ports)),
    createListRunsTool(createListRuns(ports)),
    createGetRunTool(
      createGetRun(ports),
      createFindApproval(ports),
      createFindTranscript(ports),
      ports.settings.prices,
    ),
    createCancelRunTool(createCancelRun(ports)),
    createGetUsageTool(createGetUsage(ports)),
    createListApprovalsTool(createListApprovals(ports)),
    createDecideApprovalTool(createDecideApproval(ports)),
    createListConversationsTool(createListConversations(ports)),
    createGetConversationTool(createGetConversation(ports)),
    createContinueConversationTool(createContinueConversation(ports), createFindApproval(ports)),
    createDeleteConversationTool(createDeleteConversation(ports)),
    createGetKnowledgeBaseTool(knowledge),
  ];
}
