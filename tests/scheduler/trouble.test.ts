import { afterEach, describe, expect, it, vi } from "vitest";
import { hourMs } from "../../shared/kernel/clock.ts";
import { schedulerLimits } from "../../shared/scheduler/limits.ts";
import { startMcpScheduler } from "../support/scheduler/mcp-scheduler.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import type { Misfortunes, SeenRequest } from "../support/scheduler/service.ts";
import { waitFor } from "../support/wait-for.ts";
import { countOf, createClient, executePath, failureOf, isCall, slotOf } from "./scheduler-client.ts";

type Answer = (request: SeenRequest) => Response | Promise<Response>;

/** These happen to calls of tools, one each; whatever comes after them passes. */
function toCalls(...answers: Answer[]): Misfortunes {
  const left = [...answers];
  return { before: (request) => (isCall(request) ? left.shift()?.(request) : undefined) };
}

const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  () =>
    new Response("Incident 4711 at host db7", { status: code, headers });
const cut: Answer = () => Promise.reject(new Error("cut"));
const never: Answer = () => new Promise<never>(() => {});
const json = (body: unknown) => () => Response.json(body);

const { retry } = schedulerLimits;

/** A client that knows its Scheduler already, and from now on waits for no answer for long. */
async function createImpatient(scheduler: { readonly url: string }) {
  const rules = { ...retry };
  const client = createClient(scheduler, { limits: { retry: rules } });
  await client.alarm.arm(slotOf("first"));
  rules.attemptMs = 150;
  return client;
}

describe("a call that goes wrong", () => {
  it.each([
    { what: "500", answers: [status(500)] },
    { what: "503 and 408", answers: [status(503), status(408)] },
    { what: "a cut connection", answers: [cut] },
    { what: "429 without a time", answers: [status(429)] },
  ])("is made again after $what", async ({ answers }) => {
    await using scheduler = await startScheduler();
    await using client = createClient(scheduler);
    scheduler.bend(toCalls(...answers));
    await client.alarm.arm(slotOf("daily"));
    expect(countOf(scheduler.requests, executePath)).toBe(answers.length + 1);
    expect(scheduler.conversations).toHaveLength(1);
    expect(client.alarm.health().state).toBe("ok");
  });

  it("is made again over MCP, too", async () => {
    await using scheduler = await startMcpScheduler();
    await using client = createClient(scheduler);
    scheduler.bend(toCalls(status(500), cut));
    await client.alarm.arm(slotOf("daily"));
    expect(scheduler.requests.filter(isCall)).toHaveLength(3);
  });

  it("is given up after three attempts, with what to do in our own words and theirs in the log alone", async () => {
    await using scheduler = await startScheduler();
    await using client = createClient(scheduler);
    scheduler.bend(toCalls(status(500), status(500), status(500), status(500)));
    const problem = "The external Scheduler answered with HTTP 500. If that stays, look into its own log.";
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toBe(`SERVICE_ERROR: ${problem}`);
    expect(countOf(scheduler.requests, executePath)).toBe(3);
    expect(client.alarm.health()).toMatchObject({ state: "unavailable", dialect: "mcptools", problem });
    expect(client.recorded.at(-1)).toMatchObject({ name: "scheduler.call_failed", fields: { status: 500 } });
    expect(client.told()).toContain("Incident 4711 at host db7");
    scheduler.bend({});
    await client.alarm.arm(slotOf("daily"));
    expect(client.alarm.health()).toEqual({ state: "ok", dialect: "mcptools", since: expect.any(Number) });
  });

  it("waits for as long as the Scheduler asks", async () => {
    await using scheduler = await startScheduler();
    await using client = createClient(scheduler);
    scheduler.bend(toCalls(status(429, { "retry-after-ms": "80" })));
    const startedAt = performance.now();
    await client.alarm.arm(slotOf("daily"));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(75);
  });

  it("is given up at once when the Scheduler asks for more than there is time", async () => {
    await using scheduler = await startScheduler();
    await using client = createClient(scheduler);
    scheduler.bend(toCalls(status(429, { "retry-after": "3600" })));
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toMatch(/^SERVICE_ERROR: .* HTTP 429/);
    expect(countOf(scheduler.requests, executePath)).toBe(1);
  });

  it.each([
    { what: "a web page", answer: () => new Response("<html>", { headers: { "content-type": "text/html" } }) },
    { what: "no result", answer: json({ toolResult: crypto.randomUUID() }) },
    { what: "a result that is no id", answer: json({ result: "armed" }) },
    { what: "a result that is a number", answer: json({ result: 7 }) },
    { what: "a list", answer: json([1, 2]) },
    {
      what: "half a JSON text",
      answer: () => new Response('{"result":"', { headers: { "content-type": "application/json" } }),
    },
    { what: "an answer longer than anybody can use", answer: json({ result: "x".repeat(100_000) }) },
    { what: "a redirect", answer: () => new Response(null, { status: 302, headers: { location: "/" } }) },
    { what: "405", answer: status(405) },
    { what: "415", answer: status(415) },
  ])("is not made again for $what, which counts as no success", async ({ answer }) => {
    await using scheduler = await startScheduler();
    await using client = createClient(scheduler);
    scheduler.bend(toCalls(answer));
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toMatch(/^SERVICE_ERROR: The external Scheduler gave /);
    expect(countOf(scheduler.requests, executePath)).toBe(1);
    expect(client.alarm.health().state).toBe("unavailable");
  });

  it.each([
    { call: "cancel", result: "perhaps" },
    { call: "cancel", result: null },
    { call: "status", result: "Sleeping" },
    { call: "status", result: true },
  ] as const)("is no success where $call is answered with $result", async ({ call, result }) => {
    await using scheduler = await startScheduler();
    await using client = createClient(scheduler);
    scheduler.bend(toCalls(json({ result })));
    expect(await failureOf(client.alarm[call](crypto.randomUUID()))).toMatch(
      /^SERVICE_ERROR: The external Scheduler gave /,
    );
  });

  it("ends in time when the Scheduler hangs, and is made again", async () => {
    await using scheduler = await startScheduler();
    await using client = await createImpatient(scheduler);
    scheduler.bend(toCalls(never));
    await client.alarm.arm(slotOf("daily"));
    scheduler.bend(toCalls(never, never, never));
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toBe(
      "TIMEOUT_ERROR: The external Scheduler did not answer in time. See whether it is overloaded.",
    );
  });

  it("ends in time when an answer begins and never ends", async () => {
    await using scheduler = await startScheduler();
    await using client = await createImpatient(scheduler);
    const drip = () => new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from('{"result"')) });
    const begin = () => new Response(drip(), { headers: { "content-type": "application/json" } });
    scheduler.bend(toCalls(begin, begin, begin));
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toMatch(/^TIMEOUT_ERROR/);
  });

  it("ends in time when the sign-in hangs, or what signs in", async () => {
    await using scheduler = await startScheduler();
    scheduler.bend({ before: () => new Promise<never>(() => {}) });
    const limits = { retry: { ...retry, attempts: 1 }, signInMs: 50 };
    const hanging = { kind: "managed-identity", token: () => new Promise<never>(() => {}) } as const;
    for (const options of [{ limits }, { limits, auth: hanging }]) {
      await using client = createClient(scheduler, options);
      expect(await failureOf(client.alarm.arm(slotOf("daily")))).toMatch(/^(TIMEOUT|AUTHENTICATION)_ERROR/);
    }
  });

  it("ends in time in the line, too", async () => {
    await using scheduler = await startScheduler();
    const limits = { retry: { ...retry, attempts: 1 }, totalMs: 150 };
    await using client = createClient(scheduler, { limits, batch: { size: 1, pauseMs: 0 } });
    scheduler.bend({ before: () => new Promise<never>(() => {}) });
    const failures = await Promise.all(["a", "b", "c"].map((id) => failureOf(client.alarm.arm(slotOf(id)))));
    expect(failures).toEqual(failures.map(() => expect.stringMatching(/^TIMEOUT_ERROR/)));
  });
});

describe("a Scheduler that fails again and again", () => {
  afterEach(() => void vi.useRealTimers());

  it("is left alone at once and for a while, tried with one call, and used again when it answers", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { restMs } = schedulerLimits.breaker;
    await using scheduler = await startScheduler();
    const { breaker } = schedulerLimits;
    await using client = createClient(scheduler, { limits: { breaker, retry: { ...retry, attempts: 1 } } });
    const { alarm } = client;
    await alarm.arm(slotOf("first"));
    scheduler.bend({ before: (request) => (isCall(request) ? new Response(null, { status: 500 }) : undefined) });
    const calls = () => countOf(scheduler.requests, executePath);

    for (let failures = 0; failures < breaker.failures; failures++) await failureOf(alarm.arm(slotOf("daily")));
    expect(calls()).toBe(1 + breaker.failures);
    const open = await Promise.all(Array.from({ length: 100 }, () => failureOf(alarm.arm(slotOf("daily")))));
    expect(new Set(open)).toEqual(
      new Set([
        "SERVICE_ERROR: The external Scheduler answered with HTTP 500. If that stays, look into its own log. " +
          "After several failures in a row it is left alone for 30 seconds.",
      ]),
    );
    expect(calls()).toBe(1 + breaker.failures);
    expect(alarm.health()).toMatchObject({ state: "unavailable", problem: expect.stringContaining("HTTP 500") });

    vi.setSystemTime(Date.now() + restMs);
    await Promise.all(Array.from({ length: 20 }, () => failureOf(alarm.arm(slotOf("daily")))));
    expect(calls()).toBe(2 + breaker.failures);

    vi.setSystemTime(Date.now() + restMs);
    scheduler.bend({});
    await Promise.all(Array.from({ length: 20 }, () => alarm.arm(slotOf("daily"))));
    expect(alarm.health().state).toBe("ok");
    expect(client.names().filter((name) => !name.endsWith("call_failed"))).toEqual([
      "scheduler.found",
      "target.left_alone",
      "target.back",
    ]);
  });

  it("turns away those that stand in line, and those that come later before they do", async () => {
    await using scheduler = await startScheduler();
    scheduler.bend({ before: (request) => (isCall(request) ? new Response(null, { status: 500 }) : undefined) });
    await using client = createClient(scheduler, { batch: { size: 10, pauseMs: hourMs } });
    const failures = await Promise.all(
      Array.from({ length: 100 }, (_, index) => failureOf(client.alarm.arm(slotOf(`daily-${index}`)))),
    );
    expect(failures).toEqual(failures.map(() => expect.stringMatching(/^SERVICE_ERROR: .* HTTP 500/)));
    expect(countOf(scheduler.requests, executePath)).toBeLessThan(10 + schedulerLimits.breaker.failures);
    expect(await failureOf(client.alarm.cancel(crypto.randomUUID()))).toMatch(/it is left alone for 30 seconds\.$/);
  });

  it("counts as unavailable while it is left alone, whatever a call from before still brings", async () => {
    await using scheduler = await startScheduler();
    await using client = createClient(scheduler, { limits: { retry: { ...retry, attempts: 1 } } });
    await client.alarm.arm(slotOf("first"));
    const { promise, resolve } = Promise.withResolvers<Response>();
    scheduler.bend(toCalls(() => promise, ...Array.from({ length: 5 }, () => status(500))));
    const late = client.alarm.cancel(crypto.randomUUID());
    await waitFor(() => scheduler.requests.at(-1)?.body.includes("cancelConversation"), "the late call");
    for (let failures = 0; failures < 5; failures++) await failureOf(client.alarm.arm(slotOf("daily")));
    resolve(Response.json({ result: true }));
    expect(await late).toBe(true);
    expect(client.alarm.health()).toMatchObject({ state: "unavailable", problem: expect.stringContaining("HTTP 500") });
  });

  it("is not left alone for calls that it refuses, nor for what it does not know", async () => {
    await using scheduler = await startScheduler();
    await using client = createClient(scheduler);
    for (let times = 0; times < 20; times++) {
      await failureOf(client.alarm.arm(slotOf("daily", -1)));
      await client.alarm.status(crypto.randomUUID());
    }
    expect(client.names()).not.toContain("target.left_alone");
    expect(client.alarm.health().state).toBe("ok");
  });
});
