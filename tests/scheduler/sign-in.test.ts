import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { Secret } from "../../shared/kernel/secret.ts";
import { startMcpScheduler } from "../support/scheduler/mcp-scheduler.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import type { SeenRequest } from "../support/scheduler/service.ts";
import { countOf, createClient, failureOf, signature, slotOf, tokenPath } from "./scheduler-client.ts";

const kinds = [
  { what: "its own tools", start: () => startScheduler() },
  { what: "MCP", start: () => startMcpScheduler() },
];
const armMany = (alarm: { arm(slot: ReturnType<typeof slotOf>): Promise<string> }, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => alarm.arm(slotOf(`daily-${index}`))));

const advice = "Compare the secrets SCHEDULER-CLIENT-ID and SCHEDULER-API-KEY with what it is set up with.";

describe.each(kinds)("the sign-in at a Scheduler that speaks $what", ({ start }) => {
  it("asks for one token for 50 slots that are armed at the same time", async () => {
    await using scheduler = await start();
    await using client = createClient(scheduler);
    expect(new Set(await armMany(client.alarm, 50)).size).toBe(50);
    expect(countOf(scheduler.requests, tokenPath)).toBe(1);
  });

  it("asks for one new token when the Scheduler refuses the old one to all of 20 calls, and loses none", async () => {
    await using scheduler = await start();
    await using client = createClient(scheduler);
    await client.alarm.arm(slotOf("first"));
    scheduler.forgetTokens();
    await armMany(client.alarm, 20);
    expect(countOf(scheduler.requests, tokenPath)).toBe(2);
    expect(scheduler.conversations).toHaveLength(21);
  });

  it("picks up a rotated key with the next token", async () => {
    let key = "demo-key";
    await using scheduler = await start();
    await using client = createClient(scheduler, { key: () => key });
    await client.alarm.arm(slotOf("first"));
    const url = new URL(scheduler.url);
    await scheduler[Symbol.asyncDispose]();
    await using rotated = await startScheduler({ port: Number(url.port), apiKey: "another-key" });
    key = "another-key\n";
    await client.alarm.arm(slotOf("second"));
    expect(rotated.conversations).toHaveLength(1);
  });

  it("fails with advice where the key is wrong, and asks for a token no more than once for 100 slots", async () => {
    await using scheduler = await start();
    await using client = createClient(scheduler, { key: () => "wrong-key-that-nobody-may-see" });
    const failures = await Promise.all(
      Array.from({ length: 100 }, (_, index) => failureOf(client.alarm.arm(slotOf(`daily-${index}`)))),
    );
    for (const failure of failures) {
      expect(failure).toContain(
        `AUTHENTICATION_ERROR: The external Scheduler refuses the sign-in (HTTP 401). ${advice}`,
      );
    }
    expect(countOf(scheduler.requests, tokenPath)).toBe(1);
    expect(scheduler.requests).toHaveLength(1);
    expect(client.alarm.health()).toMatchObject({ state: "unavailable", problem: expect.stringContaining(advice) });
    expect(client.names().filter((name) => name === "scheduler.call_failed").length).toBeLessThanOrEqual(10);
  });

  it("fails where even a fresh token is refused, after one exchange", async () => {
    await using scheduler = await start();
    await using client = createClient(scheduler);
    await client.alarm.arm(slotOf("first"));
    const fresh = () => Response.json({ token: "another", expiresIn: 7200 });
    scheduler.bend({ before: ({ path }) => (path === tokenPath ? fresh() : new Response(null, { status: 401 })) });
    const before = scheduler.requests.length;
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toMatch(
      /^AUTHENTICATION_ERROR: The external Scheduler refuses the sign-in/,
    );
    expect(scheduler.requests.slice(before).map(({ path }) => path === tokenPath)).toEqual([false, true, false]);
  });

  it("signs in with the app's own identity, and names what to check when that is refused", async () => {
    await using scheduler = await start();
    let given = "not one of theirs";
    await using client = createClient(scheduler, {
      auth: { kind: "managed-identity", token: async () => given },
      limits: { breaker: { failures: 100, restMs: 1 } },
    });
    const failure = await failureOf(client.alarm.arm(slotOf("daily")));
    expect(failure).toMatch(/^AUTHENTICATION_ERROR: The external Scheduler refuses the sign-in/);
    expect(failure).toMatch(/scope/i);
    const issued = await fetch(`${scheduler.url}${tokenPath}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ clientId: "any", apiKey: "demo-key" }),
    });
    given = ((await issued.json()) as { token: string }).token;
    await client.alarm.arm(slotOf("daily"));
    expect(countOf(scheduler.requests, tokenPath)).toBe(1);
  });
});

describe("a token", () => {
  it.each([
    { seconds: 7200, keptMs: 7200 * secondMs - 5 * minuteMs },
    { seconds: 60, keptMs: 30 * secondMs },
  ])("of $seconds s is kept for $keptMs ms", async ({ seconds, keptMs }) => {
    await using scheduler = await startScheduler({ tokenSeconds: seconds });
    await using client = createClient(scheduler);
    const arm = () => client.alarm.arm(slotOf("daily"));
    await arm();
    client.passTime(keptMs - 5 * secondMs);
    await arm();
    expect(countOf(scheduler.requests, tokenPath)).toBe(1);
    client.passTime(5 * secondMs);
    await arm();
    expect(countOf(scheduler.requests, tokenPath)).toBe(2);
  });

  it.each([
    { what: "a web page", answer: () => new Response("<html>", { headers: { "content-type": "text/html" } }) },
    { what: "no token", answer: () => Response.json({ expiresIn: 7200 }) },
    { what: "a token that lives for no time", answer: () => Response.json({ token: "t", expiresIn: 0 }) },
    { what: "a token that no header can carry", answer: () => Response.json({ token: "a\nb", expiresIn: 7200 }) },
    {
      what: "a token that is said to be text",
      answer: () => new Response('{"token":"t","expiresIn":9}', { headers: { "content-type": "text/plain" } }),
    },
    { what: "an answer without an end", answer: () => Response.json({ token: "t".repeat(100_000), expiresIn: 9 }) },
    { what: "a redirect", answer: () => new Response(null, { status: 307, headers: { location: "/elsewhere" } }) },
    { what: "no such address", answer: () => new Response(null, { status: 404 }) },
  ])("is none: $what", async ({ answer }) => {
    await using scheduler = await startScheduler();
    scheduler.bend({ before: ({ path }) => (path === tokenPath ? answer() : undefined) });
    await using client = createClient(scheduler);
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toMatch(
      /^SERVICE_ERROR: The external Scheduler gave .*SCHEDULER_URL/,
    );
    expect(scheduler.requests).toHaveLength(1);
  });

  it("cannot be asked for while the secrets cannot be read", async () => {
    await using scheduler = await startScheduler();
    const auth = {
      kind: "client-credentials",
      readId: async () => new Secret("demo-client"),
      readKey: async () => Promise.reject(new AppError("SERVICE_ERROR", "Key Vault gave no secret.")),
    } as const;
    await using client = createClient(scheduler, { auth });
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toBe(
      `AUTHENTICATION_ERROR: What signs in to the external Scheduler cannot be had. ${advice}`,
    );
    expect(client.told()).toContain("Key Vault gave no secret.");
    expect(scheduler.requests).toEqual([]);
  });
});

describe("secrets", () => {
  it.each(kinds)(
    "stay out of events and errors, whatever a Scheduler with $what repeats of them",
    async ({ start }) => {
      await using scheduler = await start();
      const seen: string[] = [];
      const parrot = ({ headers, body }: SeenRequest): string => {
        const error = `${headers.authorization} ${body}`;
        seen.push(error);
        return JSON.stringify({ error });
      };
      await using client = createClient(scheduler, { limits: { breaker: { failures: 1000, restMs: 1 } } });
      await client.alarm.arm(slotOf("first"));
      const thrown: unknown[] = [];
      const collect = (error: unknown) => void thrown.push(error);
      for (const status of [400, 401, 403, 404, 500]) {
        scheduler.bend({ before: (request) => new Response(parrot(request), { status, headers: json }) });
        await client.alarm.arm(slotOf("daily")).catch(collect);
        await client.alarm.cancel("00000000-0000-0000-0000-000000000001").catch(collect);
      }
      expect(seen.join()).toContain("Bearer ey");
      expect(seen.join()).toContain("demo-key");
      expect(seen.join()).toContain(signature);
      const shown = client.told() + inspect(thrown, { depth: 10 });
      expect(shown).toContain("[secret]");
      for (const secret of ["demo-key", signature, "Bearer ey", "eyJ"]) expect(shown).not.toContain(secret);
    },
  );
});

const json = { "content-type": "application/json" };
