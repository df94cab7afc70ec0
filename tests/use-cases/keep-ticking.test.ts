import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { minuteMs, secondMs, toIso } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { runMessageSchema } from "../../shared/runs/run-queue.ts";
import { createHandleRunMessage } from "../../shared/use-cases/handle-run-message.ts";
import { createKeepTicking } from "../../shared/use-cases/keep-ticking.ts";
import { createScheduleConversation } from "../../shared/use-cases/schedule-conversation.ts";
import { createMemoryPorts, type Intercept } from "../support/memory-ports.ts";

const start = Date.parse("2026-12-01T07:00:00Z");
const look = "read ticks/last.json";
const tick = ["listPage due/0/", "write ticks/last.json"];

/** Processes on one storage; time passes when the test says so. A process that is new knows of no tick. */
function createApp({ intercept = async (_operation, perform) => perform() }: { intercept?: Intercept } = {}) {
  const time = { now: start };
  const calls: string[] = [];
  const clock = { now: () => time.now, monotonic: () => time.now - start };
  const { ports, heartbeat, messages, recorded } = createMemoryPorts({
    clock,
    sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
    intercept(operation, perform) {
      if (operation.kind !== "send") calls.push(`${operation.kind} ${operation.name}`);
      return intercept(operation, perform);
    },
  });
  const toolbox = {
    list: async () => [],
    sources: async () => [],
    call: async () => ({ content: "", isError: false }),
  };
  const usage = { promptTokens: 1, completionTokens: 1 };
  const reply = { text: "Done.", toolCalls: [], model: "scripted", usage, finishReason: "stop" } as const;
  const model = { complete: async () => ({ ok: true, reply }) as const };
  const handle = createHandleRunMessage(ports, { model, toolbox, isStopping: () => false });
  const schedule = createScheduleConversation(ports, toolbox, { minimumIntervalSeconds: 60 });
  return Object.assign(time, {
    ports,
    recorded,
    process: () => createKeepTicking(ports, heartbeat),
    takeCalls: () => calls.splice(0),
    everyMinutes: async (every_minutes: number) =>
      (await schedule(localPrincipal, { name: "Report", prompt: "What is new?", timing: { every_minutes } })).schedule,
    /** Handles the next visible message. */
    async work(): Promise<boolean> {
      const next = messages.take();
      if (next === undefined) return false;
      await handle(runMessageSchema.parse(JSON.parse(next.text)));
      return true;
    },
  });
}

describe("a tick in a process whose clock is hours ahead until storage's first reply", () => {
  it("is not noted for a time to come, in which a dead timer would not be missed", async () => {
    const app = createApp({
      async intercept({ kind }, perform) {
        if (kind === "listPage") app.now = start;
        return perform();
      },
    });
    app.now = start + 5 * 60 * minuteMs;
    await app.process().dispatchDue();
    app.takeCalls();
    app.now = start + 3 * minuteMs;
    await app.process().keepTicking();
    expect(app.takeCalls()).toEqual([look, ...tick]);
  });
});

describe("a call or a finished run in a process that ticks itself", () => {
  it("costs nothing while the last tick is at most two intervals old", async () => {
    const app = createApp();
    const process = app.process();
    await process.dispatchDue();
    app.takeCalls();
    for (let second = 0; second <= 120; second += 10) {
      app.now = start + second * secondMs;
      await process.keepTicking();
    }
    expect(app.takeCalls()).toEqual([]);
  });

  it("ticks once the timer is silent, and goes on ticking every two intervals", async () => {
    const app = createApp();
    const process = app.process();
    await process.dispatchDue();
    app.takeCalls();
    const costs: [number, string[]][] = [];
    for (let second = 1; second <= 600; second++) {
      app.now = start + second * secondMs;
      await process.keepTicking();
      const calls = app.takeCalls();
      if (calls.length > 0) costs.push([second, calls]);
    }
    expect(costs).toEqual([121, 242, 363, 484].map((second) => [second, [look, ...tick]]));
    expect(app.recorded.map(({ name, level }) => `${level} ${name}`)).toEqual(Array(4).fill("warning tick.silent"));
    expect(app.recorded[0]?.fields).toEqual({ last_tick: toIso(start) });
  });
});

describe("a call in a process whose timer ticks elsewhere", () => {
  it("looks at the heartbeat at most once an interval, and not at all while it knows that it is young", async () => {
    const app = createApp();
    const [timer, web] = [app.process(), app.process()];
    let looks = 0;
    for (let second = 0; second < 3600; second += 5) {
      app.now = start + second * secondMs;
      if (second % 60 === 0) await timer.dispatchDue();
      app.takeCalls();
      await web.keepTicking();
      const calls = app.takeCalls();
      expect(calls.every((call) => call === look)).toBe(true);
      looks += calls.length;
    }
    expect(looks).toBeLessThanOrEqual(30);
    expect(app.recorded).toEqual([]);
  });

  it("ticks at once in a new process when nobody has ever ticked", async () => {
    const app = createApp();
    await app.process().keepTicking();
    expect(app.takeCalls()).toEqual([look, ...tick]);
    expect(app.recorded).toMatchObject([{ level: "info", name: "tick.silent", fields: { last_tick: null } }]);
    // It is no failure of the timer, and does not read like one.
    expect(app.recorded[0]?.message).toMatch(/^Nobody has ticked on this storage yet/);
  });
});

describe("many calls at once", () => {
  it("tick once between them in one process", async () => {
    const app = createApp();
    const process = app.process();
    await Promise.all(Array.from({ length: 50 }, () => process.keepTicking()));
    expect(app.takeCalls()).toEqual([look, ...tick]);
  });

  it("do not tick beside a tick of the timer that takes long", async () => {
    const gate = Promise.withResolvers<void>();
    const app = createApp({
      async intercept({ kind }, perform) {
        if (kind === "listPage") await gate.promise;
        return perform();
      },
    });
    const process = app.process();
    const slow = process.dispatchDue();
    app.now = start + 10 * minuteMs;
    await process.keepTicking();
    gate.resolve();
    await slow;
    expect(app.takeCalls()).toEqual(tick);
  });
});

describe("a failure", () => {
  it.each([
    ["of the look", "read"],
    ["of the tick", "listPage"],
  ])("%s is recorded and never reaches the caller; an interval later it is tried again", async (_, broken) => {
    const faults = { isDown: true };
    const app = createApp({
      async intercept({ kind }, perform) {
        if (faults.isDown && kind === broken) throw new AppError("SERVICE_ERROR", "Storage did not answer in time.");
        return perform();
      },
    });
    const process = app.process();
    await process.keepTicking();
    expect(app.recorded.at(-1)).toMatchObject({ level: "error", name: "tick.failed" });
    faults.isDown = false;
    app.takeCalls();
    app.now = start + minuteMs - 1;
    await process.keepTicking();
    expect(app.takeCalls()).toEqual([]);
    app.now = start + minuteMs;
    await process.keepTicking();
    expect(app.takeCalls()).toEqual([look, ...tick]);
  });
});

describe("with a timer that has stopped for good", () => {
  it.each([1, 2])(
    "a run that ends dispatches the next one when it is near: every %i minutes, on time",
    async (period) => {
      const app = createApp();
      const schedule = await app.everyMinutes(period);
      await app.process().dispatchDue();
      // Messages are looked for every two seconds, as the host does.
      for (let second = 0; second <= 3600; second += 2) {
        app.now = start + second * secondMs;
        while (await app.work());
      }
      const { items } = await app.ports.runs.list(schedule.id, { limit: 100 });
      const ended = items.filter(({ slot }) => slot <= app.now);
      expect(ended).toHaveLength(60 / period);
      for (const { slot, startedAt, outcome } of ended) {
        expect(outcome).toBe("succeeded");
        expect((startedAt ?? Infinity) - slot).toBeLessThanOrEqual(2 * secondMs);
      }
    },
  );

  it("calls every minute keep a rare schedule on time", async () => {
    const app = createApp();
    const process = app.process();
    const schedule = await app.everyMinutes(15);
    await process.dispatchDue();
    for (let second = 0; second <= 3600; second += 2) {
      app.now = start + second * secondMs;
      if (second % 60 === 30) await process.keepTicking();
      while (await app.work());
    }
    const { items } = await app.ports.runs.list(schedule.id, { limit: 100 });
    const lateness = items.map(({ slot, startedAt }) => (startedAt ?? Infinity) - slot);
    expect(lateness).toHaveLength(4);
    expect(Math.max(...lateness)).toBeLessThanOrEqual(2 * minuteMs);
  });
});
