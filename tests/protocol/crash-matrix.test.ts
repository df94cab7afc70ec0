import { describe, expect, it } from "vitest";
import type { ConversationEvent } from "../../shared/conversations/events.ts";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { conversationIdFor } from "../../shared/protocol/materialise.ts";
import { approvalId } from "../../shared/runs/approval.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { ToolRequest } from "../../shared/tools/toolbox.ts";
import type { ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createApprovalWatch } from "../support/approval-watch.ts";
import { everyFault, type Play, playWithEveryStep } from "../support/every-fault.ts";
import { finished, started, user } from "../support/sample-events.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { runsIn } from "../support/world-state.ts";
import type { Fault, Step } from "../support/world-steps.ts";

interface Scenario {
  readonly name: string;
  readonly request: Pick<ScheduleRequest, "timing" | "conversation" | "allowedTools">;
  readonly slots: readonly number[];
  readonly model: NonNullable<WorldOptions["model"]>;
  readonly prepare?: (world: World, schedule: Schedule) => Promise<void>;
  readonly settings?: NonNullable<WorldOptions["settings"]>;
  /** In minutes, 60 when it is not said. */
  readonly until?: number;
}

const sends = {
  request: { timing: { run_at: minuteIso(3) }, conversation: "continue", allowedTools: ["desk:*"] },
  slots: [minute(3)],
  model: ({ turn }) => (turn === 0 ? { tools: ["look_up", "send"], takesMs: 5_000 } : { text: "Done." }),
  settings: { approvalMs: 50 * minuteMs },
  until: 75,
} satisfies Omit<Scenario, "name">;

const scenarios: readonly Scenario[] = [
  {
    name: "one slot and one tool call in a new conversation",
    request: { timing: { run_at: minuteIso(3) }, conversation: "new" },
    slots: [minute(3)],
    model: ({ turn }) => (turn === 0 ? { tools: ["look_up"], takesMs: 5_000 } : { text: "Done.", takesMs: 30_000 }),
  },
  {
    name: "two slots in one continued conversation",
    request: {
      timing: { every_minutes: 20, start_at: minuteIso(3), end_at: minuteIso(23) },
      conversation: "continue",
    },
    slots: [minute(3), minute(23)],
    model: () => ({ text: "Done.", takesMs: 30_000 }),
  },
  {
    name: "a run that begins a new segment of its conversation",
    request: { timing: { run_at: minuteIso(3) }, conversation: "continue" },
    slots: [minute(3)],
    model: () => ({ text: "Done.", takesMs: 30_000 }),
    prepare: fillSegment,
  },
  {
    name: "calls that are made at the same time",
    request: { timing: { run_at: minuteIso(3) }, conversation: "new" },
    slots: [minute(3)],
    model: ({ turn }) => (turn < 2 ? { tools: ["look_up", "look_up", "look_up"] } : { text: "Done." }),
  },
  { name: "a call that its owner approves", ...sends, prepare: decide(true) },
  { name: "a call that its owner denies", ...sends, prepare: decide(false) },
  { name: "a call about which nobody decides", ...sends, settings: { approvalMs: 10 * minuteMs } },
];

describe.each(scenarios)("$name", (scenario) => {
  it.each(everyFault)("keeps every promise whichever one step meets %j", async (fault) => {
    const { steps, broken } = await playWithEveryStep(fault, playing(scenario, fault), withoutIdleTicks);
    expect(broken).toEqual([]);
    expect(steps.length).toBeGreaterThan(25);
  });
});

/** Plays the scenario to its end. */
const playing =
  ({ request, slots, model, prepare, settings = {}, until = 60 }: Scenario, { kind }: Fault): Play =>
  async (planFault) => {
    const approvals = watchApprovals();
    const world = createWorld({ workers: 2, model, planFault, settings, ...approvals });
    const schedule = await world.schedule(request);
    await prepare?.(world, schedule);
    await world.advanceTo(minute(until));
    const licences = kind === "reply_lost" ? 0 : 1;
    const broken = await brokenPromises(world, schedule, { slots, licences });
    const runs = await runsIn(world, schedule);
    const failed = runs.filter(({ outcome }) => outcome !== "succeeded").map(({ key, outcome }) => `${key} ${outcome}`);
    // A reply that was lost must cost nothing but the repeated request: every write is recognised as our own.
    const pickUps = settings.approvalMs === undefined ? 1 : 2;
    const again = runs.filter(({ epoch }) => licences === 0 && epoch !== pickUps).map(({ key }) => `${key} again`);
    // Not only at the expiry: whoever decides is heard.
    const unheard = runs.filter(({ endedAt = 0 }) => endedAt > minute(45)).map(({ key }) => `${key} went on too late`);
    // What a worker wrote that woke after everything is left to the hourly repair.
    if (settings.approvalMs !== undefined) await world.reconcile();
    const left = world.blobs.names().filter((name) => name.startsWith("approvals/"));
    return { world, broken: [...broken, ...failed, ...again, ...unheard, ...approvals.broken, ...left] };
  };

/** Sending needs approval: at the moment at which it is done, the log has to say so. */
function watchApprovals() {
  const { onChange, callOf, doubled: broken } = createApprovalWatch();
  const tool = ({ name, idempotencyKey }: ToolRequest) => {
    if (name === "send" && callOf(idempotencyKey)?.approved !== true) broken.push(`${idempotencyKey} is not approved`);
    return {};
  };
  return { onChange, tool, broken };
}

/** A person who looks each minute until they have decided, and does again what got no answer. */
function decide(approve: boolean): NonNullable<Scenario["prepare"]> {
  return async (world) => {
    let isDone = false;
    const look = async () => {
      for (const approval of isDone ? [] : await world.approvals()) {
        await world.decide({ id: approvalId(approval), approve });
        isDone = true;
      }
    };
    // Later than the spare message of the worker that asked.
    for (let minutes = 6; minutes < 40; minutes++) world.at(minute(minutes + 0.5), look);
  };
}

/** A tick that finds nothing takes two steps: the list and the note of the tick. */
function withoutIdleTicks(steps: readonly Step[]): Step[] {
  const busy = new Set(
    steps
      .filter(({ process, name }) => process.kind !== "tick" || !/^(due|ticks).*\/(last.json)?$/.test(name))
      .map(({ process }) => process),
  );
  return steps.filter(({ process }) => busy.has(process));
}

/** An earlier run has written a mebibyte into the conversation. */
async function fillSegment({ ports }: World, schedule: Schedule): Promise<void> {
  const id = conversationIdFor(schedule, "");
  const { owner } = schedule;
  await ports.log.createHead({ v: 1, id, owner, title: "", createdAt: schedule.createdAt, segment: 0 });
  await ports.log.createSegment(id, 0);
  const run = `${schedule.id}.p1`;
  const long = { ...user(run, "x".repeat(1024 * 1024)), step: 1 } as ConversationEvent;
  const events = [started(run), long, { ...finished(run), step: 2 } as ConversationEvent];
  await ports.log.append(
    id,
    0,
    0,
    events.map((event, index) => ({ ...event, id: `earlier-${index}` })),
  );
}
