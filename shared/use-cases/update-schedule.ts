import type { Principal } from "../access/principal.ts";
import type { Instant } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { changeSchedule } from "../protocol/change-schedule.ts";
import { dispatchSlots } from "../protocol/dispatch.ts";
import type { Ports } from "../protocol/ports.ts";
import { edited } from "../schedule/change.ts";
import { type DefinitionChange, redefine } from "../schedule/define.ts";
import { owesSlots } from "../schedule/due.ts";
import { nextSlot } from "../schedule/next-slot.ts";
import type { TimingLimits } from "../schedule/read-timing.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { shardOf } from "../schedule/shard.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { checkNotifyUrl } from "./check-notify-url.ts";
import { checkTools } from "./check-tools.ts";
import { readOwnSchedule } from "./owned.ts";
import { type Preflight, preflight } from "./preflight.ts";
import { outlook } from "./read-schedules.ts";

export interface UpdateRequest {
  readonly id: string;
  /** The revision that the caller has seen. */
  readonly ifMatch?: number | undefined;
  readonly change: DefinitionChange;
  readonly status?: "active" | "paused" | undefined;
  readonly reason?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface Updated {
  readonly before: Schedule;
  /** `before` itself when there was nothing to change. */
  readonly schedule: Schedule;
  readonly nextSlots: readonly Instant[];
  readonly warnings: readonly string[];
  /** Of a dry run, which has written nothing. */
  readonly preflight?: Preflight;
}

/**
 * Changes a schedule, pauses or resumes it. Slots that are already due are settled by the schedule as it was. A run
 * that was admitted goes on; one that waits for its slot is judged by the changed schedule when it starts. Nothing is
 * written when the request is refused or changes nothing. Two storage calls, two more when the next slot moves, and
 * five more for each slot that is near enough to be dispatched at once. A dry run reads, and writes nothing.
 */
export function createUpdateSchedule(ports: Ports, toolbox: Toolbox, limits: TimingLimits) {
  return async (principal: Principal, request: UpdateRequest): Promise<Updated> => {
    const { id, dryRun = false, status, reason } = request;
    checkReason(request);
    checkNotifyUrl(request.change.notifyUrl, ports.settings.notify);
    const unchecked = await checkTools(request.change.allowedTools, toolbox);
    const tools = await toolbox.list();
    for (let attempt = 0; attempt < 12; attempt++) {
      const current = await readOwnSchedule(ports, principal, id);
      const { value: before } = current;
      const now = ports.clock.now();
      checkRevision(before, request.ifMatch);
      const definition = redefine(before.definition, request.change, now, limits);
      const shard = shardOf(id, ports.settings.dueShards);
      if (dryRun) {
        const schedule = edited(asSettled(before, now), { definition, status, reason }, now, shard) ?? before;
        const found = await preflight(ports, toolbox, schedule, { isNew: false });
        return { before, schedule, ...outlook(schedule, tools, now, unchecked), preflight: found };
      }
      if (owesSlots(before, now)) {
        await dispatchSlots(ports, current, { isEdited: true });
        continue;
      }
      const schedule = edited(before, { definition, status, reason }, now, shard);
      if (schedule === undefined) return { before, schedule: before, ...outlook(before, tools, now, unchecked) };
      if (await changeSchedule(ports, current, schedule))
        return { before, schedule, ...outlook(schedule, tools, now, unchecked) };
    }
    throw new Error(`Schedule ${id} changed with every attempt to update it.`);
  };
}

/** As it will be once a tick has settled what is due. */
const asSettled = (schedule: Schedule, now: Instant): Schedule =>
  owesSlots(schedule, now) ? { ...schedule, next: nextSlot(schedule.definition.plan, now).slot } : schedule;

function checkReason({ reason, status }: UpdateRequest): void {
  if (reason === undefined || status !== undefined) return;
  throw invalid('reason says why a schedule is paused. Pass it together with status "paused", or leave it out.', {
    field: "reason",
  });
}

function checkRevision({ id, revision }: Schedule, expected: number | undefined): void {
  if (expected === undefined || expected === revision) return;
  throw invalid(
    `The schedule was changed meanwhile: its revision is ${revision}, not ${expected}. Read it again with get_schedule, id ${id}, and decide anew whether to change it.`,
    { field: "if_match", reason: "conflict", current_revision: revision },
  );
}
