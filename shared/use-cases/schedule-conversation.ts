import { createHash } from "node:crypto";
import { ownedId } from "../access/owned-id.ts";
import type { Principal } from "../access/principal.ts";
import type { Instant } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { derivedId } from "../kernel/ids.ts";
import { dispatchSlots } from "../protocol/dispatch.ts";
import type { Ports } from "../protocol/ports.ts";
import { type DefinitionRequest, define } from "../schedule/define.ts";
import { nextSlot } from "../schedule/next-slot.ts";
import type { TimingLimits } from "../schedule/read-timing.ts";
import type { Definition, Schedule } from "../schedule/schedule.ts";
import { shardOf } from "../schedule/shard.ts";
import type { Tool, Toolbox } from "../tools/toolbox.ts";
import { checkNotifyUrl } from "./check-notify-url.ts";
import { checkTools } from "./check-tools.ts";
import { type Preflight, preflight } from "./preflight.ts";
import { outlook } from "./read-schedules.ts";

export interface ScheduleRequest extends DefinitionRequest {
  readonly idempotencyKey?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface Scheduled {
  /** `existing`: the idempotency key was used before for the same request. `dry_run`: nothing was written. */
  readonly kind: "created" | "existing" | "dry_run";
  readonly schedule: Schedule;
  readonly nextSlots: readonly Instant[];
  readonly warnings: readonly string[];
  /** Of a dry run. */
  readonly preflight?: Preflight;
}

/**
 * Creates a schedule. Two storage calls (the marker of the first slot, then the schedule), and five more when that
 * slot lies so near that it is dispatched at once; one more with an idempotency key. Nothing is written when the
 * request is refused.
 */
export function createScheduleConversation(ports: Ports, toolbox: Toolbox, limits: TimingLimits) {
  return async (principal: Principal, request: ScheduleRequest): Promise<Scheduled> => {
    const now = ports.clock.now();
    const id = idFor(ports, principal, request);
    // A repeat is answered from what is stored, before its times are read again: they may have passed meanwhile.
    const earlier = isRepeatable(request) ? await ports.schedules.read(id) : undefined;
    const tools = await toolbox.list();
    if (earlier !== undefined) return existing(request, earlier.value, tools, now);
    const definition = define(request, now, limits);
    checkNotifyUrl(request.notifyUrl, ports.settings.notify);
    const unchecked = await checkTools(request.allowedTools, toolbox);
    const schedule = newSchedule(ports, principal, id, request, definition, now);
    if (request.dryRun === true) {
      const found = await preflight(ports, toolbox, schedule, { isNew: true });
      return { kind: "dry_run", schedule, ...outlook(schedule, tools, now, unchecked), preflight: found };
    }
    if (schedule.marker !== null) await ports.markers.create(id, schedule.marker);
    const { created, current } = await ports.schedules.create(schedule);
    if (!created) return existing(request, current.value, tools, now);
    await dispatchSlots(ports, current, { isReplanned: true });
    return { kind: "created", schedule, ...outlook(schedule, tools, now, unchecked) };
  };
}

const isRepeatable = ({ idempotencyKey, dryRun }: ScheduleRequest): boolean =>
  idempotencyKey !== undefined && dryRun !== true;

function idFor(ports: Ports, { owner }: Principal, { idempotencyKey }: ScheduleRequest): string {
  const uuid = idempotencyKey === undefined ? ports.ids.unique() : derivedId("schedule", owner, idempotencyKey);
  return ownedId(owner, uuid);
}

function newSchedule(
  ports: Ports,
  { owner }: Principal,
  id: string,
  request: ScheduleRequest,
  definition: Definition,
  now: Instant,
): Schedule {
  const { slot, skippedLocalTimes } = nextSlot(definition.plan, now);
  return {
    v: 1,
    id,
    owner,
    createdAt: now,
    updatedAt: now,
    revision: 1,
    definition,
    status: "active",
    ...(request.idempotencyKey === undefined ? {} : { fingerprint: fingerprintOf(request) }),
    next: slot,
    marker: slot === null ? null : { shard: shardOf(id, ports.settings.dueShards), slot, seq: 1 },
    seq: 1,
    open: [],
    counted: 0,
    finished: 0,
    failures: 0,
    segment: 0,
    skippedLocalTimes: [...skippedLocalTimes],
  };
}

function existing(request: ScheduleRequest, schedule: Schedule, tools: readonly Tool[], now: Instant): Scheduled {
  if (schedule.status === "deleted") {
    throw invalid("This idempotency_key belongs to a schedule that was deleted. Use a new key.", {
      field: "idempotency_key",
      reason: "conflict",
    });
  }
  if (schedule.fingerprint !== fingerprintOf(request)) {
    throw invalid(
      `This idempotency_key was used for the schedule ${schedule.id} with other content. Use a new key for a new schedule.`,
      { field: "idempotency_key", reason: "conflict", schedule_id: schedule.id },
    );
  }
  return { kind: "existing", schedule, ...outlook(schedule, tools, now) };
}

/** Of the request and not of the plan: the phase of every_minutes depends on the moment of the call. */
function fingerprintOf({ idempotencyKey: _key, dryRun: _dryRun, ...content }: ScheduleRequest): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(content)))
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
