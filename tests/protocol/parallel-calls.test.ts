import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import type { ToolRequest } from "../../shared/tools/toolbox.ts";
import type { ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createWorld, minute, minuteIso, type WorldOptions } from "../support/world.ts";
import type { ToolStep } from "../support/world-engine.ts";
import { playOneSlot, readOneRun } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { faultOnce } from "../support/world-steps.ts";

/** One turn that asks for these tools, each call of which goes as `pace` says by its place; then the end. */
function callOnce(
  tools: readonly string[],
  pace: (place: number) => ToolStep,
  { request, ...more }: WorldOptions & { readonly request?: Partial<ScheduleRequest> } = {},
) {
  return playOneSlot({
    workers: 2,
    model: ({ turn }) => (turn === 0 ? { tools } : { text: "Done." }),
    tool: (call) => pace(placeOf(call)),
    request: { allowedTools: ["look_up", "send"], ...request },
    until: 60,
    ...more,
  });
}

const placeOf = ({ idempotencyKey }: ToolRequest): number => Number(idempotencyKey.split(".").at(-1));
const reads = (count: number) => Array.from({ length: count }, () => "look_up");

/** Seconds after the slot at which each result was written, and its text, in the log's order. */
const resultsIn = (events: readonly LoggedEvent[]) =>
  events.flatMap((event) =>
    event.type === "tool_result" ? [[(event.time - minute(5)) / secondMs, event.content] as const] : [],
  );

describe("read-only calls of one turn", () => {
  it("are made at the same time and told in the order of the calls, whichever is done first", async () => {
    const { run, events } = await callOnce(reads(3), (place) => ({
      takesMs: (3 - place) * 10 * secondMs,
      content: `result ${place}`,
    }));
    expect(resultsIn(events)).toEqual([
      [30, "result 0"],
      [30, "result 1"],
      [30, "result 2"],
    ]);
    expect(run).toMatchObject({ outcome: "succeeded", toolCalls: 3 });
  });

  it("are written with one append", async () => {
    const { world } = await callOnce(reads(3), () => ({ takesMs: secondMs }));
    // The opening with the first answer, the results, and the second answer with the end.
    expect(world.steps.filter(({ kind }) => kind === "append")).toHaveLength(3);
  });

  it.each([
    [10, 20],
    [11, 30],
  ])("are five at once: %i of ten seconds each take %i seconds", async (count, seconds) => {
    const { events } = await callOnce(reads(count), () => ({ takesMs: 10 * secondMs }));
    expect(resultsIn(events).map(([at]) => at)).toEqual(Array.from({ length: count }, () => seconds));
  });

  it("have a limit each: one that never answers costs the others nothing", async () => {
    for (const hangs of ["until_aborted", "for_ever"] as const) {
      const { run, events } = await callOnce(reads(3), (place) => (place === 1 ? { hangs } : { content: "quick" }));
      expect(resultsIn(events)).toEqual([
        [60, "quick"],
        [60, "The tool look_up gave no answer within 60 seconds."],
        [60, "quick"],
      ]);
      expect(run).toMatchObject({ outcome: "succeeded", failures: 0 });
    }
  });

  it("are told to stop when they take too long, while others go on", async () => {
    const world = createWorld({
      model: ({ turn }) => (turn === 0 ? { tools: reads(6) } : { text: "Done." }),
      tool: (request) => (placeOf(request) === 0 ? { hangs: "for_ever" } : { takesMs: 50 * secondMs }),
    });
    await world.schedule({ timing: { run_at: minuteIso(5) } });
    // The sixth call began when the first of the others was done.
    const stopped: boolean[][] = [];
    for (const seconds of [59, 61]) {
      await world.advanceTo(minute(5) + seconds * secondMs);
      stopped.push(world.toolCalls.map(({ signal }) => signal.aborted));
    }
    expect(stopped).toEqual([Array(6).fill(false), [true, ...Array(5).fill(false)]]);
  });

  it("are answered beside those that are not made at all", async () => {
    const { world, events } = await callOnce(["look_up", "guess", "look_up"], (place) => ({ content: `${place}` }));
    expect(resultsIn(events).map(([, text]) => text)).toEqual([
      "0",
      'There is no tool "guess". Available: look_up, send, nothing_to_report.',
      "2",
    ]);
    expect(world.toolCalls).toHaveLength(2);
  });

  it("keep the lease meanwhile", async () => {
    const { run, world } = await callOnce(reads(2), () => ({ hangs: "until_aborted" }), {
      settings: { toolCallMs: 5 * minuteMs },
    });
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 1, endedAt: minute(10) });
    expect(world.steps.filter(({ kind }) => kind === "renewLease").length).toBeGreaterThan(10);
  });

  it("end with a cancel, all of them, and none begins after it", async () => {
    const world = createWorld({
      model: () => ({ tools: reads(12) }),
      tool: () => ({ hangs: "until_aborted" }),
      settings: { toolCallMs: 5 * minuteMs },
    });
    const { id } = await world.schedule({ timing: { run_at: minuteIso(5) } });
    world.at(minute(6), () => world.cancel(`${id}.p${minute(5) / secondMs}`));
    await world.advanceTo(minute(30));
    const { run, events } = await readOneRun(world, { id });
    expect(run).toMatchObject({ outcome: "cancelled", toolCalls: 0 });
    expect(world.toolCalls).toHaveLength(5);
    expect(world.toolCalls.every(({ signal }) => signal.aborted)).toBe(true);
    expect(resultsIn(events)).toEqual([]);
  });

  it("end with the time of the run, and those that had not begun stay unmade", async () => {
    const { run, world, events } = await callOnce(reads(7), () => ({ hangs: "until_aborted" }), {
      request: { policies: { timeoutSeconds: 90 } },
      settings: { toolCallMs: 5 * minuteMs },
    });
    expect(run).toMatchObject({ outcome: "timed_out", endedAt: minute(5) + 90 * secondMs });
    expect(world.toolCalls).toHaveLength(5);
    expect(resultsIn(events)).toHaveLength(5);
  });

  it("do not begin once the slice is over: another worker makes the rest, each once", async () => {
    const { run, world, schedule, events } = await callOnce(reads(12), () => ({ takesMs: 50 * secondMs }), {
      settings: { sliceMs: minuteMs },
    });
    // Five and five in the first slice, which ends after a minute; two in the second.
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 2, crashes: 0, toolCalls: 12 });
    expect(resultsIn(events).map(([at]) => at)).toEqual([...Array(10).fill(100), 150, 150]);
    expect(world.toolCalls.map(placeOf)).toEqual(Array.from({ length: 12 }, (_, place) => place));
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("may take longer than the slice: what has begun is waited for", async () => {
    const { run, world } = await callOnce(reads(1), () => ({ takesMs: 3 * minuteMs }), {
      settings: { sliceMs: minuteMs, toolCallMs: 5 * minuteMs },
    });
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 2, crashes: 0 });
    expect(world.toolCalls).toHaveLength(1);
  });
});

describe("calls that write", () => {
  it("are made one after another, each with its own append, in the model's order with the reads around them", async () => {
    const { world, events, schedule } = await callOnce(["look_up", "look_up", "send", "send", "look_up"], (place) => ({
      takesMs: 10 * secondMs,
      content: `${place}`,
    }));
    expect(resultsIn(events)).toEqual([
      [10, "0"],
      [10, "1"],
      [20, "2"],
      [30, "3"],
      [40, "4"],
    ]);
    expect(world.steps.filter(({ kind }) => kind === "append")).toHaveLength(6);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });
});

describe("a worker that dies", () => {
  it("between a tool's doing and the line in the log: the call is made again with the same idempotency key", async () => {
    const { world, run, schedule } = await callOnce(["send"], () => ({}), {
      planFault: faultOnce(({ kind }) => kind === "tool", { kind: "crash_after" }),
    });
    expect(run).toMatchObject({ outcome: "succeeded", crashes: 1, toolCalls: 1 });
    const key = `${schedule.id}:${run.key}:1.0`;
    expect(world.toolCalls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([key, key]);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 1 })).toEqual([]);
  });

  it("at the append itself, before and after: a written result is never asked for again", async () => {
    for (const [kind, calls] of [
      ["crash_before", 2],
      ["crash_after", 1],
    ] as const) {
      // The second append is the result's.
      const { world, run } = await callOnce(["send"], () => ({}), {
        planFault: faultOnce((step) => step.kind === "append", { kind }, 2),
      });
      expect(run).toMatchObject({ outcome: "succeeded", crashes: 1 });
      expect(world.toolCalls).toHaveLength(calls);
    }
  });

  it("in the middle of a group: every call of it is made again, with the keys it had, and told once", async () => {
    const { world, run, schedule, events } = await callOnce(
      reads(4),
      (place) => ({ takesMs: (place + 1) * 10 * secondMs, content: `${place}` }),
      { planFault: faultOnce(({ kind }) => kind === "renewLease", { kind: "crash_before" }) },
    );
    expect(run).toMatchObject({ outcome: "succeeded", crashes: 1, toolCalls: 4 });
    const keys = [0, 1, 2, 3].map((place) => `${schedule.id}:${run.key}:1.${place}`);
    expect(world.toolCalls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([...keys, ...keys]);
    expect(resultsIn(events).map(([, text]) => text)).toEqual(["0", "1", "2", "3"]);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 1 })).toEqual([]);
  });

  it("after a write and before the next: only the next is still to be made", async () => {
    const { world, run } = await callOnce(["send", "send"], () => ({}), {
      planFault: faultOnce(({ kind }) => kind === "append", { kind: "crash_after" }, 2),
    });
    expect(run).toMatchObject({ outcome: "succeeded", crashes: 1, toolCalls: 2 });
    expect(world.toolCalls.map(placeOf)).toEqual([0, 1]);
  });
});
