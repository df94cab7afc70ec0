import { describe, expect, it } from "vitest";
import { createWorld, minute, minuteIso, type WorldOptions } from "../support/world.ts";
import type { ModelCall, ModelStep } from "../support/world-engine.ts";
import { playOneSlot } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { eventsIn, runsIn } from "../support/world-state.ts";
import { faultOnce } from "../support/world-steps.ts";

const tooLong: ModelStep = { fails: { class: "too_long" } };
const summed: ModelStep = { text: "Desk 7 is empty.", usage: { promptTokens: 300, completionTokens: 20 } };
const rolesOf = ({ request }: ModelCall) => request.messages.map(({ role }) => role);

/** The first answer asks for a tool; the prompt with its result is refused so many times. */
function refusing(times: number, more: WorldOptions = {}) {
  let refused = 0;
  return playOneSlot({
    model({ turn, isSummary }) {
      if (isSummary) return summed;
      if (turn === 0 && refused === 0) return { tools: ["look_up"] };
      return refused++ < times ? tooLong : { text: "Done." };
    },
    until: 60,
    ...more,
  });
}

describe("a prompt that the model refuses as too long", () => {
  it("is summed up by the model, and the run goes on with what it was asked and the summary", async () => {
    const { world, schedule, run, events } = await refusing(1);
    expect(run).toMatchObject({ outcome: "succeeded", answer: "Done.", turns: 2, failures: 0, epoch: 1 });
    expect(events.map(({ type }) => type)).toEqual([
      ...["run_started", "system", "user", "assistant", "tool_result"],
      ...["summary", "assistant", "run_finished"],
    ]);
    const last = world.modelCalls.at(-1)!.request.messages;
    expect(last.slice(1)).toEqual([
      { role: "user", text: expect.stringMatching(/^A summary of this conversation so far.*\nDesk 7 is empty\.$/) },
      { role: "user", text: "What happened overnight?" },
    ]);
    // The call that was refused is made again.
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 1 })).toEqual([]);
  });

  it("counts the summary's tokens for the run, and offers it no tools", async () => {
    const { world, run } = await refusing(1);
    expect(run).toMatchObject({ promptTokens: 320, completionTokens: 30 });
    const request = world.modelCalls.find(({ isSummary }) => isSummary)!.request;
    expect(request.tools).toEqual([]);
    expect(request.messages[1]?.text).toContain("Result: found");
  });

  it("is cut to half of what was refused for the request of the summary, or that would be refused too", async () => {
    const { world } = await refusing(1, { tool: () => ({ content: "x".repeat(60_000) }) });
    const { request } = world.modelCalls.find(({ isSummary }) => isSummary)!;
    expect(request.messages[1]?.text.slice(-10)).toBe("xxxx [cut]");
    expect(request.messages[1]?.text.length).toBeLessThan(31_000);
  });

  it("ends the run when it is too long even so", async () => {
    const { world, run } = await refusing(2);
    expect(run).toMatchObject({ outcome: "failed", reason: "prompt_too_long" });
    expect(world.modelCalls).toHaveLength(4);
  });

  it("ends the run when there is nothing to sum up yet", async () => {
    const { world, run } = await playOneSlot({ model: () => tooLong });
    expect(run).toMatchObject({ outcome: "failed", reason: "prompt_too_long" });
    expect(world.modelCalls).toHaveLength(1);
  });

  it("ends the run when the request for the summary is too long as well", async () => {
    const { world, run } = await playOneSlot({
      model: ({ turn, isSummary }) => (turn === 0 && !isSummary ? { tools: ["look_up"] } : tooLong),
    });
    expect(run).toMatchObject({ outcome: "failed", reason: "prompt_too_long" });
    expect(world.modelCalls).toHaveLength(3);
  });

  it("may be summed up again after the run has gone on", async () => {
    let calls = 0;
    const { run, events } = await playOneSlot({
      model({ isSummary }) {
        if (isSummary) return summed;
        calls++;
        if (calls === 6) return { text: "Done." };
        return calls % 2 === 1 ? { tools: ["look_up"] } : tooLong;
      },
      until: 60,
    });
    // Asked, refused, summed up; asked, refused, summed up; asked; done.
    expect(events.filter(({ type }) => type === "summary")).toHaveLength(2);
    expect(run.outcome).toBe("succeeded");
  });
});

describe("a call for a summary that fails", () => {
  const failingSummary = (step: ModelStep) =>
    playOneSlot({
      model({ turn, isSummary, repeat }) {
        if (isSummary) return repeat === 0 ? step : summed;
        return turn === 0 && repeat === 0
          ? { tools: ["look_up"] }
          : repeat < 2 && turn === 1
            ? tooLong
            : { text: "Done." };
      },
      until: 60,
    });

  it.each([
    ["for a moment", { fails: { class: "transient" } }],
    ["with an empty answer", { text: " " }],
    ["by never answering", { hangs: "for_ever" }],
  ] as const)("%s is tried again like any other", async (_, step) => {
    const { run, events } = await failingSummary(step);
    expect(run).toMatchObject({ outcome: "succeeded", failures: 1 });
    expect(events.filter(({ type }) => type === "summary")).toHaveLength(1);
  });

  it("for good ends the run", async () => {
    const { run } = await failingSummary({ fails: { class: "content_filter", categories: ["violence"] } });
    expect(run).toMatchObject({ outcome: "failed", reason: "content_filter", detail: "violence" });
  });
});

describe("a worker that dies", () => {
  it.each(["crash_before", "crash_after"] as const)(
    "at the append of a summary (%s): the run goes on, and the log has one summary",
    async (kind) => {
      const { world, schedule, run, events } = await refusing(kind === "crash_before" ? 2 : 1, {
        workers: 2,
        // Opening and first answer, tool result, summary.
        planFault: faultOnce((step) => step.kind === "append", { kind }, 3),
      });
      expect(run).toMatchObject({ outcome: "succeeded", crashes: 1 });
      expect(events.filter(({ type }) => type === "summary")).toHaveLength(1);
      expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 3 })).toEqual([]);
    },
  );
});

describe("a conversation that grows", () => {
  /** Runs of one schedule in one conversation, each of which adds so many tokens to the prompt. */
  async function grow(count: number, perRun: number, maxTokensPerRun: number, settings: WorldOptions["settings"] = {}) {
    let size = 0;
    const world = createWorld({
      settings,
      model({ isSummary, key }) {
        if (isSummary) {
          size = 0;
          return { text: `All before ${key}.`, usage: { promptTokens: 900, completionTokens: 20 } };
        }
        size += perRun;
        return { text: `Answer of ${key}`, usage: { promptTokens: size, completionTokens: 0 } };
      },
    });
    const schedule = await world.schedule({
      timing: { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(5 + 10 * (count - 1)) },
      conversation: "continue",
      policies: { maxTokensPerRun },
    });
    await world.advanceTo(minute(5 + 10 * count + 20));
    return { world, schedule, runs: await runsIn(world, schedule) };
  }

  it("is summed up at the beginning of the run whose first prompt would take a quarter of its tokens", async () => {
    const { world, runs } = await grow(5, 400, 4000);
    expect(world.modelCalls.map(({ isSummary }) => isSummary)).toEqual([false, false, false, true, false, false]);
    expect(runs.map(({ outcome }) => outcome)).toEqual(Array(5).fill("succeeded"));
    expect(runs.map(({ promptTokens }) => promptTokens)).toEqual([400, 800, 1200, 1300, 800]);
    const afterSummary = world.modelCalls[4]!;
    expect(rolesOf(afterSummary)).toEqual(["system", "user", "user"]);
    expect(rolesOf(world.modelCalls[5]!)).toEqual(["system", "user", "assistant", "user"]);
  });

  it("keeps every event of the time before", async () => {
    const { world, runs, schedule } = await grow(5, 400, 4000);
    const events = await eventsIn(world, runs[0]!.conversationId);
    expect(events.filter(({ type }) => type === "assistant")).toHaveLength(5);
    expect(events.filter(({ type }) => type === "summary")).toHaveLength(1);
    const slots = Array.from({ length: 5 }, (_, index) => minute(5 + 10 * index));
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("takes its summary along into a new segment, with the last answer after it", async () => {
    const { world } = await grow(6, 400, 4000, { segmentEvents: 24 });
    const last = world.modelCalls.at(-1)!;
    expect(last.request.messages.slice(1).map(({ text }) => text)).toEqual([
      `This conversation so far, summed up:\nAll before ${world.modelCalls[3]!.key}.\n\nThe last answer in this conversation so far was:\nAnswer of ${world.modelCalls[5]!.key}`,
      "What happened overnight?",
    ]);
  });

  it("is summed up in the middle of a run before the model's context is full", async () => {
    const { world, run } = await playOneSlot({
      model: ({ repeat, isSummary }) =>
        isSummary ? summed : repeat === 0 ? { tools: ["look_up"] } : { text: "Done." },
      tool: () => ({ content: "x".repeat(40_000) }),
      settings: { contextTokens: 10_000 },
    });
    expect(run.outcome).toBe("succeeded");
    expect(world.modelCalls.map(({ isSummary }) => isSummary)).toEqual([false, true, false]);
  });
});
