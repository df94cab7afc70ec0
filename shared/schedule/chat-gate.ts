import { type Instant, wholeSecond } from "../kernel/clock.ts";
import { triggered } from "./gate.ts";
import { startOf } from "./jitter.ts";
import { defaultPolicies } from "./policies.ts";
import { type Definition, everyTool, type OpenRun, type Schedule, type Trigger } from "./schedule.ts";

/** The gate of what people say in one conversation; nobody has planned it, and it is in no list of schedules. */
export const isChatGate = ({ chatIn }: Pick<Schedule, "chatIn">): boolean => chatIn !== undefined;

/**
 * What a run may do in which a person talks: what the schedule's runs may, when the conversation belongs to a schedule
 * that still exists, else everything, by the policies of a schedule that says nothing: who talks is there to decide.
 * @param title of a conversation that belongs to no schedule
 */
export function chatDefinition(schedule: Schedule | undefined, title: string, now: Instant): Definition {
  const origin = schedule?.status === "deleted" ? undefined : schedule?.definition;
  const {
    name = title,
    allowedTools,
    model,
    policies = defaultPolicies,
    plan,
  } = origin ?? { allowedTools: [everyTool] };
  const { maxRuns: _maxRuns, jitterSeconds: _jitterSeconds, ...kept } = policies;
  return {
    name,
    prompt: "",
    plan: {
      when: { kind: "once", at: wholeSecond(now) },
      timeZone: plan?.timeZone ?? "UTC",
      gap: "skip",
      exceptDates: [],
    },
    conversation: "continue",
    policies: { ...kept, overlap: "skip", pauseAfterFailures: 0 },
    tags: [],
    ...(allowedTools === undefined ? {} : { allowedTools }),
    ...(model === undefined ? {} : { model }),
  };
}

/** A gate that nothing was said through yet. */
export const newChatGate = (
  identity: Pick<Schedule, "id" | "owner"> & { readonly chatIn: string },
  definition: Definition,
  now: Instant,
): Schedule => ({
  v: 1,
  ...identity,
  createdAt: now,
  updatedAt: now,
  revision: 1,
  definition,
  status: "completed",
  next: null,
  marker: null,
  seq: 0,
  open: [],
  counted: 0,
  finished: 0,
  failures: 0,
  segment: 0,
  skippedLocalTimes: [],
});

/** The gate after somebody said something; it needs no other gate's leave, since nothing else is open at it. */
export function saidAt(
  gate: Schedule,
  said: { definition: Definition; segment: number; trigger: Trigger; entry: OpenRun; now: Instant },
): Schedule {
  const { definition, segment, trigger, entry, now } = said;
  const revision = gate.revision + 1;
  return triggered({ ...gate, status: "completed", definition, segment, revision, updatedAt: now }, trigger, [entry]);
}

/** The gate of a deleted conversation: nothing is said there any more, and a hint to its segments leads nowhere. */
export const closedGate = (gate: Schedule, now: Instant): Schedule => ({
  ...gate,
  status: "deleted",
  segment: 0,
  revision: gate.revision + 1,
  updatedAt: now,
});

/**
 * The open run that has hold of the conversation: it goes on, waits for somebody, or its moment has come. One that was
 * dispatched ahead of its moment does not hold it yet.
 */
export const holderOf = (schedule: Schedule, conversationId: string, now: Instant): OpenRun | undefined =>
  schedule.open.find(
    (entry) =>
      entry.conversationId === conversationId &&
      (entry.state === "active" || entry.state === "buffered" || isDue(schedule, entry, now)),
  );

const isDue = (schedule: Schedule, entry: OpenRun, now: Instant): boolean =>
  entry.state === "pending" && startOf(schedule, entry) <= now;
