import { describe, expect, it } from "vitest";
import type { ConversationEvent } from "../../shared/conversations/events.ts";
import { conversationIdFor } from "../../shared/protocol/materialise.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { everyFault, type Play, playWithEveryStep } from "../support/every-fault.ts";
import { finished, started, user } from "../support/sample-events.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { runsIn } from "../support/world-state.ts";
import type { Fault, Step } from "../support/world-steps.ts";

interface Scenario {
  readonly name: string;
  readonly request: Pick<ScheduleRequest, "timing" | "conversation">;
  readonly slots: readonly number[];
  readonly model: NonNullable<WorldOptions["model"]>;
  readonly prepare?: (world: World, schedule: Schedule) => Promise<void>;
}

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
];

describe.each(scenarios)("$name", (scenario) => {
  it.each(everyFault)("keeps every promise whichever one step meets %j", async (fault) => {
    const { steps, broken } = await playWithEveryStep(fault, playing(scenario, fault), withoutIdleTicks);
    expect(broken).toEqual([]);
    expect(steps.length).toBeGreaterThan(25);
  });
});

const playing =
  ({ request, slots, model, prepare }: Scenario, { kind }: Fault): Play =>
  async (planFault) => {
    const world = createWorld({ workers: 2, model, planFault });
    const schedule = await world.schedule(request);
    await prepare?.(world, schedule);
    await world.advanceTo(minute(60));
    const licences = kind === "reply_lost" ? 0 : 1;
    const broken = await brokenPromises(world, schedule, { slots, licences });
    const runs = await runsIn(world, schedule);
    const failed = runs.filter(({ outcome }) => outcome !== "succeeded").map(({ key, outcome }) => `${key} ${outcome}`);
    // A reply that was lost must cost nothing but the repeated request: every write is recognised as our own.
    const again = runs.filter(({ epoch }) => licences === 0 && epoch !== 1).map(({ key }) => `${key} again`);
    return { world, broken: [...broken, ...failed, ...again] };
  };

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
