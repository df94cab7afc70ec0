import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { runId } from "../../shared/runs/run.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { conversationsIn, eventsIn, runsIn, scheduleIn, segmentsIn } from "../support/world-state.ts";
import { faultOnce } from "../support/world-steps.ts";

/** A schedule that continues one conversation, every `period` minutes from minute 5. */
async function runMany(count: number, options: WorldOptions = {}, period = 2) {
  const world = createWorld(options);
  const schedule = await world.schedule({
    timing: { every_minutes: period, start_at: minuteIso(5), end_at: minuteIso(5 + period * (count - 1)) },
    conversation: "continue",
    policies: { overlap: "cancel_other" },
  });
  await world.advanceTo(minute(5 + period * count + 20));
  const slots = Array.from({ length: count }, (_, index) => minute(5 + period * index));
  return { world, schedule, slots, runs: await runsIn(world, schedule) };
}

describe("a schedule that continues one conversation", () => {
  it("shows each run the prompts and answers before it, and only its own system message", async () => {
    const { world } = await runMany(3, { model: ({ key }) => ({ text: `Answer of ${key}` }) });
    expect(conversationsIn(world)).toHaveLength(1);
    const last = world.modelCalls.at(-1)!.request.messages;
    expect(last.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user", "assistant", "user"]);
    expect(last[0]).toMatchObject({ text: expect.stringContaining("07:09") });
  });

  it("costs the same for run 200 as for run 10, and goes on in a new segment after 1000 events", async () => {
    const { world, schedule, slots, runs } = await runMany(210);
    const costs = costOfEachRun(world);
    expect(costs[9]).toHaveLength(12);
    expect(costs[199]).toEqual(costs[9]);
    expect(costs[209]).toEqual(costs[9]);
    const segments = await segmentsIn(world, runs[0]!.conversationId);
    expect(segments.map(({ length }) => length)).toEqual([1001, 51]);
    expect(segments[0]?.at(-1)?.type).toBe("sealed");
    expect(segments[1]?.[0]).toMatchObject({
      type: "carry_over",
      lastFinished: { run: runId(runs[199]!), outcome: "succeeded" },
    });
    expect(await scheduleIn(world, schedule)).toMatchObject({ segment: 1, finished: 210 });
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("begins a new segment with the last answer, so that the next run knows it", async () => {
    const { world } = await runMany(202, { model: ({ key }) => ({ text: `Answer of ${key}` }) });
    const previous = world.modelCalls[199]!.key;
    const [, carried, ...rest] = world.modelCalls[200]!.request.messages;
    expect(carried).toEqual({
      role: "user",
      text: `The last answer in this conversation so far was:\nAnswer of ${previous}`,
    });
    expect(rest).toHaveLength(1);
  });

  it("hands the last answer on through a segment in which every run has failed", async () => {
    const { world } = await runMany(4, {
      model: ({ key }) => (key === `p${minute(5) / 1000}` ? { text: "Only I know." } : { fails: { class: "invalid" } }),
      settings: { segmentEvents: 2 },
    });
    const carried = world.modelCalls.slice(1).map(({ request }) => request.messages[1]);
    expect(carried).toEqual(
      Array.from({ length: 3 }, () => ({
        role: "user",
        text: "The last answer in this conversation so far was:\nOnly I know.",
      })),
    );
  });

  it("closes a run that was cancelled in the middle of a turn, and gives its calls a result", async () => {
    const { world, schedule, slots, runs } = await runMany(2, {
      workers: 2,
      model: ({ turn, key }) =>
        turn === 0 && key === `p${minute(5) / 1000}` ? { tools: ["look_up"] } : { text: "Done." },
      tool: () => ({ takesMs: 5 * minuteMs, hangs: "until_aborted" }),
      settings: { toolCallMs: 5 * minuteMs },
    });
    expect(runs.map(({ outcome }) => outcome)).toEqual(["cancelled", "succeeded"]);
    const events = await eventsIn(world, runs[0]!.conversationId);
    expect(events.filter(({ type }) => type === "closed")).toHaveLength(1);
    expect(world.modelCalls.at(-1)!.request.messages.map(({ role }) => role)).toEqual([
      ...["system", "user", "assistant", "tool", "user"],
    ]);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("waits when somebody's run is still open in the log, and does not write into it", async () => {
    const { world, schedule, slots } = await runMany(2, {
      workers: 3,
      model: () => ({ text: "Done.", takesMs: 30_000 }),
      planFault: faultOnce(({ kind }) => kind === "append", { kind: "freeze_after", milliseconds: 4 * minuteMs }),
    });
    expect(await brokenPromises(world, schedule, { slots, licences: 1 })).toEqual([]);
  });
});

describe("a worker that slept while its run was cancelled and the next one began", () => {
  const slow = { text: "Done.", takesMs: 200_000 };

  it("writes no answer between the other's lines", async () => {
    const options: WorldOptions = {
      workers: 3,
      model: ({ key }) => (isFirst(key) ? { text: "Too late." } : slow),
      planFault: faultOnce(({ kind }) => kind === "model", { kind: "freeze_after", milliseconds: 200_000 }),
    };
    const { world, schedule, slots, runs } = await runMany(2, options, 1);
    expect(runs.map(({ outcome }) => outcome)).toEqual(["cancelled", "succeeded"]);
    expect(world.modelCalls).toHaveLength(2);
    expect(await typesOf(world, runs[0]!.conversationId)).toEqual(oneRun);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("writes no fence either, when it slept before it had read the log", async () => {
    let reads = 0;
    const { world, schedule, slots, runs } = await runMany(2, {
      workers: 3,
      model: () => slow,
      planFault({ process, kind, name }) {
        if (kind === "model" && isFirst(process.message?.key)) return { kind: "crash_after" };
        // The first worker read the log twice, before and after creating it.
        const isThirdRead = kind === "read" && name.endsWith(".jsonl") && ++reads === 3;
        return isThirdRead ? { kind: "freeze_before", milliseconds: 200_000 } : undefined;
      },
    });
    expect(runs.map(({ outcome }) => outcome)).toEqual(["cancelled", "succeeded"]);
    expect(world.modelCalls).toHaveLength(2);
    expect(await typesOf(world, runs[0]!.conversationId)).toEqual(oneRun);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  const isFirst = (key: string | undefined) => key === `p${minute(5) / 1000}`;
  const oneRun = ["run_started", "system", "user", "assistant", "run_finished"];
  const typesOf = async (world: World, id: string) => (await eventsIn(world, id)).map(({ type }) => type);
});

/** For each run, the kinds of its storage calls in the process that first picked it up. */
function costOfEachRun({ steps }: World): string[][] {
  const costs = new Map<string, string[]>();
  const counted = new Map<string, number>();
  for (const { process, kind } of steps) {
    const key = process.message?.key;
    if (key === undefined || kind === "model" || kind === "tool") continue;
    if (!counted.has(key)) counted.set(key, process.number);
    if (counted.get(key) === process.number) costs.set(key, [...(costs.get(key) ?? []), kind]);
  }
  return [...costs.values()];
}
