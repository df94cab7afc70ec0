import { createHash } from "node:crypto";
import { ownedId } from "../access/owned-id.ts";
import type { Principal } from "../access/principal.ts";
import type { Instant } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { derivedId } from "../kernel/ids.ts";
import { dispatchSlots } from "../protocol/dispatch.ts";
import type { Ports } from "../protocol/ports.ts";
import { nextSlot } from "../schedule/next-slot.ts";
import { defaultPolicies, type Policies } from "../schedule/policies.ts";
import { readPlan, type TimingInput } from "../schedule/read-timing.ts";
import type { Definition, Schedule } from "../schedule/schedule.ts";
import { shardOf } from "../schedule/shard.ts";
import { planWarnings } from "../schedule/warnings.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { slotsToCome } from "./read-schedules.ts";

export interface ScheduleRequest {
  readonly name: string;
  readonly prompt: string;
  readonly timing: TimingInput;
  readonly conversation?: "new" | "continue" | undefined;
  readonly policies?: Partial<Policies> | undefined;
  readonly allowedTools?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface Scheduled {
  /** `existing`: the idempotency key was used before for the same request. `dry_run`: nothing was written. */
  readonly kind: "created" | "existing" | "dry_run";
  readonly schedule: Schedule;
  readonly nextSlots: readonly Instant[];
  readonly warnings: readonly string[];
}

export interface ScheduleLimits {
  readonly minimumIntervalSeconds: number;
}

/** Bytes of UTF-8. A longer text is a document, and belongs where a tool can read it. */
const maximumPromptBytes = 64 * 1024;
const shownSlots = 5;

/**
 * Creates a schedule. Two storage calls (the marker of the first slot, then the schedule), and five more when that
 * slot lies so near that it is dispatched at once; one more with an idempotency key. Nothing is written when the
 * request is refused.
 */
export function createScheduleConversation(ports: Ports, toolbox: Toolbox, limits: ScheduleLimits) {
  return async (principal: Principal, request: ScheduleRequest): Promise<Scheduled> => {
    const now = ports.clock.now();
    const id = idFor(ports, principal, request);
    // A repeat is answered from what is stored, before its times are read again: they may have passed meanwhile.
    const earlier = isRepeatable(request) ? await ports.schedules.read(id) : undefined;
    if (earlier !== undefined) return existing(request, earlier.value, now);
    const definition = await define(request, now, toolbox, limits);
    const schedule = newSchedule(ports, principal, id, request, definition, now);
    if (request.dryRun === true) return { kind: "dry_run", schedule, ...describe(schedule, now) };
    if (schedule.marker !== null) await ports.markers.create(id, schedule.marker);
    const { created, current } = await ports.schedules.create(schedule);
    if (!created) return existing(request, current.value, now);
    await dispatchSlots(ports, current);
    return { kind: "created", schedule, ...describe(schedule, now) };
  };
}

const isRepeatable = ({ idempotencyKey, dryRun }: ScheduleRequest): boolean =>
  idempotencyKey !== undefined && dryRun !== true;

function idFor(ports: Ports, { owner }: Principal, { idempotencyKey }: ScheduleRequest): string {
  const uuid = idempotencyKey === undefined ? ports.ids.unique() : derivedId("schedule", owner, idempotencyKey);
  return ownedId(owner, uuid);
}

const describe = (schedule: Schedule, now: Instant) => ({
  nextSlots: slotsToCome(schedule, now, shownSlots),
  warnings: planWarnings(schedule.definition.plan, now),
});

async function define(
  request: ScheduleRequest,
  now: Instant,
  toolbox: Toolbox,
  limits: ScheduleLimits,
): Promise<Definition> {
  checkPrompt(request.prompt);
  const plan = readPlan(request.timing, now, limits);
  const policies = { ...defaultPolicies, ...request.policies };
  const conversation = request.conversation ?? "new";
  if (conversation === "continue" && policies.overlap === "allow_all") {
    throw invalid(
      "overlap allow_all cannot be combined with conversation continue: two runs would write one log. Use conversation new, or another overlap.",
      { field: "policies.overlap" },
    );
  }
  await checkTools(request.allowedTools, toolbox);
  const { name, prompt, allowedTools, tags = [], model } = request;
  return {
    name,
    prompt,
    plan,
    conversation,
    policies,
    tags: [...tags],
    ...(allowedTools === undefined ? {} : { allowedTools: [...allowedTools] }),
    ...(model === undefined ? {} : { model }),
  };
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

function existing(request: ScheduleRequest, schedule: Schedule, now: Instant): Scheduled {
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
  return { kind: "existing", schedule, ...describe(schedule, now) };
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

function checkPrompt(prompt: string): void {
  if (prompt.trim() === "") {
    throw invalid("prompt is empty. Say what the conversation is to do.", { field: "prompt" });
  }
  const bytes = Buffer.byteLength(prompt);
  if (bytes > maximumPromptBytes) {
    throw invalid(
      `prompt has ${bytes} bytes, ${maximumPromptBytes} are allowed. Put long material where a tool can read it and refer to it.`,
      { field: "prompt" },
    );
  }
}

async function checkTools(allowed: readonly string[] | undefined, toolbox: Toolbox): Promise<void> {
  if (allowed === undefined) return;
  const known = (await toolbox.list()).map(({ name }) => name);
  const unknown = allowed.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw invalid(`allowed_tools names unknown tools: ${unknown.join(", ")}. A run can use: ${known.join(", ")}.`, {
    field: "allowed_tools",
    unknown,
  });
}
