import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { secondMs } from "../../shared/kernel/clock.ts";
import { runId } from "../../shared/runs/run.ts";
import { createGetRun } from "../../shared/use-cases/read-runs.ts";
import { chatsIn, gateOf, later, sayAt } from "../support/talk.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { conversationsIn, runsIn } from "../support/world-state.ts";

describe("a call with an idempotency key", () => {
  const echo: WorldOptions["model"] = ({ request }) => ({ text: `You said: ${request.messages.at(-1)?.text}` });
  const request = { message: "Hello", idempotencyKey: "k" };

  it.each(["a new conversation", "one that exists"])("says it once in %s", async (which) => {
    const world = createWorld({ model: echo });
    const first = sayAt(world, minute(1), { message: "Good morning" });
    await world.advanceTo(minute(6));
    const asked = which === "one that exists" ? { ...request, conversationId: first.value!.head.id } : request;
    const answers = [minute(7), minute(7) + 1, minute(8)].map((at) => sayAt(world, at, asked));
    await world.advanceTo(minute(10));
    expect(answers.map(({ value }) => value?.answer)).toEqual(Array(3).fill("You said: Hello"));
    expect(new Set(answers.map(({ value }) => runId(value!.run))).size).toBe(1);
    expect(world.modelCalls).toHaveLength(2);
  });

  it("is refused for another message", async () => {
    const world = createWorld();
    sayAt(world, minute(1), request);
    const other = sayAt(world, minute(2), { ...request, message: "Goodbye" });
    await world.advanceTo(minute(3));
    expect(other.refusal).toMatchObject({ details: { field: "idempotency_key", reason: "conflict" } });
  });

  it("says nothing a second time when its conversation was deleted, or its gate is long forgotten", async () => {
    const world = createWorld({ repairs: true });
    const first = sayAt(world, minute(1), request);
    await world.advanceTo(minute(26 * 60));
    expect(await world.ports.schedules.read(gateOf(first.value!.head.id).id)).toBeUndefined();
    await expect(world.say(request)).rejects.toThrow(/was used before, so long ago/);
    await world.forget(first.value!.head.id);
    await expect(world.say(request)).rejects.toThrow(/belongs to a conversation that was deleted/);
    expect(world.modelCalls).toHaveLength(1);
  });
});

describe("who waits for an answer", () => {
  const slow: WorldOptions["model"] = () => ({ text: "Done.", takesMs: 200 * secondMs });

  async function wait(world: World, waiting: NonNullable<Parameters<typeof sayAt>[3]>) {
    let tookMs = 0;
    world.at(minute(1), async () => {
      const { run } = await world.say({ message: "Hello" }, undefined, waiting);
      tookMs = world.now() - minute(1);
      expect(run.state).toBe("running");
    });
    await world.advanceTo(minute(5));
    return tookMs;
  }

  it("hears after 45 seconds that it is still being worked on, because clients give up after 60", async () => {
    expect(await wait(createWorld({ model: slow }), {})).toBe(45 * secondMs);
  });

  it("waits up to 100 seconds when it hears progress, again every ten seconds at least", async () => {
    const told: string[] = [];
    const took = await wait(createWorld({ model: slow }), { progress: async (words) => void told.push(words) });
    expect(took).toBe(100 * secondMs);
    expect(told.slice(0, 3)).toEqual([
      "Waits for a worker.",
      "The run is under way.",
      expect.stringMatching(/\(1\d s\)$/),
    ]);
    expect(told.length).toBeGreaterThan(9);
  });

  it("is never told that somebody works once the lease of a worker that died is over", async () => {
    const told: { readonly words: string; readonly at: number }[] = [];
    const world = createWorld({ model: slow, workers: 2 });
    const progress = async (words: string) => void told.push({ words, at: world.now() });
    sayAt(world, minute(1), { message: "Hello" }, { progress });
    await world.advanceTo(minute(1) + 5 * secondMs);
    for (const worker of world.processes.filter(({ kind, state }) => kind === "run" && state === "alive")) {
      world.kill(worker);
    }
    await world.advanceTo(minute(5));
    expect(new Set(told.map(({ words }) => words.replace(/ \(\d+ s\)/, "")))).toEqual(
      new Set(["Waits for a worker.", "The run is under way.", "Waits until another worker takes it up."]),
    );
    // Its lease ends after a minute, the next worker comes half a minute later.
    const waits = told.filter(({ words }) => words.startsWith("Waits until")).map(({ at }) => at - minute(1));
    expect(waits[0]).toBeGreaterThanOrEqual(60 * secondMs);
    expect(waits[0]).toBeLessThan(75 * secondMs);
    expect(told.at(-1)?.words).toMatch(/^The run is under way\./);
  });

  it("may go away: the run goes on and is answered", async () => {
    const world = createWorld({ model: slow });
    const leaving = new AbortController();
    world.at(minute(1) + 5 * secondMs, async () => leaving.abort());
    expect(await wait(world, { signal: leaving.signal })).toBe(5 * secondMs);
    const [conversation] = conversationsIn(world);
    expect(await chatsIn(world, conversation!)).toMatchObject([{ outcome: "succeeded", answer: "Done." }]);
  });

  it("hears which tools are called and what becomes of them, each thing once", async () => {
    const told: string[] = [];
    const world = createWorld({
      model: ({ turn }) =>
        turn === 0 ? { tools: ["look_up", "look_up"], takesMs: 800 } : { text: "Done.", takesMs: 3000 },
      tool: (_request, repeat) => ({ takesMs: 2000, isError: repeat === 0 }),
    });
    sayAt(world, minute(1), { message: "Hello" }, { progress: async (words) => void told.push(words) });
    await world.advanceTo(minute(2));
    expect(told).toEqual([
      "Waits for a worker.",
      "The run is under way.",
      "Calls look_up, look_up.",
      "The run is under way.",
      "look_up failed.",
      "The run is under way.",
    ]);
  });

  it("hears at once that the person has to decide", async () => {
    const world = createWorld({ model: ({ turn }) => (turn === 0 ? { tools: ["send"] } : { text: "Sent." }) });
    const schedule = await world.schedule({
      conversation: "continue",
      allowedTools: ["desk:*"],
      timing: { run_at: minuteIso(90) },
    });
    await world.trigger({ scheduleId: schedule.id });
    await world.advanceTo(minute(1));
    const [run] = await runsIn(world, schedule);
    await world.cancel(runId(run!));
    const said = sayAt(world, minute(2), { conversationId: run!.conversationId, message: "Send it." });
    await world.advanceTo(minute(3));
    expect(said.value).toMatchObject({ answer: "", run: { state: "waiting_approval" } });
  });
});

describe("get_run that waits", () => {
  const slow: WorldOptions["model"] = () => ({ text: "Done.", takesMs: 30 * secondMs });

  /** How long a call took that was made when the run had begun, and what it answered. */
  async function waitFor(world: World, waitSeconds: number, signal = new AbortController().signal) {
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    const key = `p${minute(5) / 1000}`;
    const called = later(world, minute(5) + secondMs, async () => {
      const from = world.now();
      const id = runId({ scheduleId: schedule.id, key });
      const run = await createGetRun(world.ports)(localPrincipal, id, { waitMs: waitSeconds * secondMs, signal });
      return { state: run.state, tookMs: world.now() - from };
    });
    await world.advanceTo(minute(10));
    return called.value;
  }

  it.each([
    [0, "running", 0],
    [10, "running", 10 * secondMs],
  ])("answers after %i seconds that the run goes on", async (seconds, state, tookMs) => {
    expect(await waitFor(createWorld({ model: slow }), seconds)).toEqual({ state, tookMs });
  });

  it("answers within two seconds once the run has ended", async () => {
    const quick: WorldOptions["model"] = () => ({ text: "Done.", takesMs: 12 * secondMs });
    const { state, tookMs } = (await waitFor(createWorld({ model: quick }), 25))!;
    expect(state).toBe("ended");
    expect(tookMs).toBeGreaterThanOrEqual(11 * secondMs);
    expect(tookMs).toBeLessThan(13 * secondMs);
  });

  it("ends with its caller", async () => {
    const world = createWorld({ model: slow });
    const leaving = new AbortController();
    world.at(minute(5) + 3 * secondMs, async () => leaving.abort());
    expect(await waitFor(world, 25, leaving.signal)).toEqual({ state: "running", tookMs: 2 * secondMs });
  });
});
