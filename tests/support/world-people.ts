import { localPrincipal, type Principal } from "../../shared/access/principal.ts";
import type { Ports } from "../../shared/protocol/ports.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { Toolbox } from "../../shared/tools/toolbox.ts";
import { createCancelRun } from "../../shared/use-cases/cancel-run.ts";
import { type ContinueRequest, createContinueConversation } from "../../shared/use-cases/continue-conversation.ts";
import { createDecideApproval, type DecideRequest } from "../../shared/use-cases/decide-approval.ts";
import { createDeleteConversation } from "../../shared/use-cases/delete-conversation.ts";
import { createDeleteSchedule } from "../../shared/use-cases/delete-schedule.ts";
import { createListApprovals } from "../../shared/use-cases/list-approvals.ts";
import { createScheduleConversation, type ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createTriggerSchedule, type TriggerRequest } from "../../shared/use-cases/trigger-schedule.ts";
import { createUpdateSchedule, type UpdateRequest } from "../../shared/use-cases/update-schedule.ts";
import type { Waiting } from "../../shared/use-cases/watch-run.ts";

const limits = { minimumIntervalSeconds: 60 };

/** What people may ask of the app in a world; somebody who is not named is the local one. */
export function createPeople(ports: Ports, toolbox: Toolbox) {
  const schedule = createScheduleConversation(ports, toolbox, limits);
  const remove = createDeleteSchedule(ports);
  const update = createUpdateSchedule(ports, toolbox, limits);
  const trigger = createTriggerSchedule(ports);
  const cancel = createCancelRun(ports);
  const listApprovals = createListApprovals(ports);
  const decide = createDecideApproval(ports);
  const say = createContinueConversation(ports);
  const forget = createDeleteConversation(ports);
  return {
    async schedule(
      request: Partial<ScheduleRequest> & Pick<ScheduleRequest, "timing">,
      principal: Principal = localPrincipal,
    ): Promise<Schedule> {
      const asked = { name: "Morning report", prompt: "What happened overnight?", ...request };
      return (await schedule(principal, asked)).schedule;
    },
    delete: (id: string, principal: Principal = localPrincipal) => remove(principal, id),
    update: (request: UpdateRequest, principal: Principal = localPrincipal) => update(principal, request),
    trigger: (request: TriggerRequest, principal: Principal = localPrincipal) => trigger(principal, request),
    /** What waits for a decision. */
    approvals: async (principal: Principal = localPrincipal) => (await listApprovals(principal, { limit: 100 })).items,
    decide: (request: DecideRequest, principal: Principal = localPrincipal) => decide(principal, request),
    say: (request: ContinueRequest, principal: Principal = localPrincipal, waiting: Partial<Waiting> = {}) =>
      say(principal, request, { signal: new AbortController().signal, ...waiting }),
    forget: (conversation: string, principal: Principal = localPrincipal) => forget(principal, conversation),
    cancel: (run: string, principal: Principal = localPrincipal) => cancel(principal, run),
  };
}
