import { createHash } from "node:crypto";
import type { Principal } from "../access/principal.ts";
import { type Instant, wholeSecond } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import type { Ports } from "../protocol/ports.ts";
import { openTriggered, repairTriggered } from "../protocol/trigger.ts";
import type { Run } from "../runs/run.ts";
import { maximumOpenRuns } from "../schedule/due.ts";
import { acceptedSlots, type BackfillRange, backfillSlots, readBackfillRange } from "../schedule/read-backfill.ts";
import type { Schedule, Trigger } from "../schedule/schedule.ts";
import { readOwnSchedule } from "./owned.ts";

export interface TriggerRequest {
  readonly scheduleId: string;
  /** Both or neither: local to the schedule's zone, or with an offset. */
  readonly backfillFrom?: string | undefined;
  readonly backfillTo?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

export interface Triggered {
  /** `existing`: the idempotency key was used before for the same request. */
  readonly kind: "opened" | "existing";
  readonly schedule: Schedule;
  /** Oldest moment first. */
  readonly runs: readonly Run[];
}

/**
 * Runs a schedule once now, or its past planned moments again. A manual run ignores pause and max_runs; overlap is
 * decided when it starts. Two storage calls and two for each run; a repeat under the same idempotency key gives what
 * is missing and opens nothing.
 */
export function createTriggerSchedule(ports: Ports) {
  return async (principal: Principal, request: TriggerRequest): Promise<Triggered> => {
    const { scheduleId, backfillFrom, backfillTo } = request;
    // Without a key the id is still remembered: a swap whose reply was lost is known by it.
    const id = triggerId(request.idempotencyKey ?? ports.ids.unique());
    const now = ports.clock.now();
    for (let attempt = 0; attempt < 12; attempt++) {
      const current = await readOwnSchedule(ports, principal, scheduleId);
      const schedule = current.value;
      const { plan } = schedule.definition;
      const range = readBackfillRange(backfillFrom, backfillTo, plan);
      const known = schedule.triggers?.find((trigger) => trigger.id === id);
      if (known !== undefined) {
        const runs = await repairTriggered(ports, schedule, known, knownSlots(schedule, known, range, now));
        return { kind: request.idempotencyKey === undefined ? "opened" : "existing", schedule, runs };
      }
      const slots = range === undefined ? [wholeSecond(now)] : backfillSlots(plan, range, now);
      checkRoom(schedule, slots.length);
      const runs = await openTriggered(ports, current, triggerOf(id, range, now), slots);
      if (runs !== undefined) return { kind: "opened", schedule, runs };
    }
    throw new Error(`Schedule ${scheduleId} changed with every attempt to trigger it.`);
  };
}

/** 16 hex digits: part of the runs' names, where a caller's own text must not stand. */
const triggerId = (key: string): string => createHash("sha256").update(`trigger\n${key}`).digest("hex").slice(0, 16);

const triggerOf = (id: string, range: BackfillRange | undefined, now: Instant): Trigger =>
  range === undefined ? { id, slot: wholeSecond(now) } : { id, slot: range.from, through: range.through };

function knownSlots(
  { definition }: Schedule,
  known: Trigger,
  range: BackfillRange | undefined,
  now: Instant,
): readonly Instant[] {
  const isSame = known.through === range?.through && (range === undefined || known.slot === range.from);
  if (!isSame) throw otherContent(known);
  return range === undefined ? [known.slot] : acceptedSlots(definition.plan, range, now);
}

function otherContent({ through }: Trigger) {
  const what = through === undefined ? "a single run" : "a backfill of another range";
  return invalid(
    `This idempotency_key was used for ${what} of this schedule. Use a new key, or repeat the call as it was.`,
    { field: "idempotency_key", reason: "conflict" },
  );
}

function checkRoom({ open }: Schedule, added: number): void {
  if (open.length + added <= maximumOpenRuns) return;
  const room = Math.max(0, maximumOpenRuns - open.length);
  const advice =
    room === 0
      ? "Wait until some have ended (list_runs with state open shows them), or cancel_run those that are not needed."
      : `Wait until some have ended, or ask for at most ${room} now.`;
  throw invalid(
    `This schedule has ${open.length} open runs and this call would open ${added} more; ${maximumOpenRuns} are allowed. ${advice}`,
    { reason: "too_many_open_runs", open: open.length, limit: maximumOpenRuns },
  );
}
