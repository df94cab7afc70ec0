import { describe, expect, it, onTestFinished } from "vitest";
import { createConversations } from "../support/scheduler/conversations.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import { callScheduler } from "../support/scheduler/scheduler-caller.ts";
import { waitFor } from "../support/wait-for.ts";
import { startWebServer } from "../support/web-server.ts";

const noon = Date.parse("2026-03-02T12:00:00Z");
const due = "2026-03-02T12:00:10Z";

/** A stand-in at noon, whatever it arms due ten seconds later, and a target that answers as it is told. */
async function open(answer: (request: Request) => Response | Promise<Response> = () => new Response()) {
  let clock = noon;
  const kept = createConversations();
  const scheduler = await startScheduler({ kept, now: () => clock });
  const seen: { method: string; path: string; headers: Record<string, string>; body: string }[] = [];
  const target = await startWebServer(async (request) => {
    const { method, headers, url } = request;
    seen.push({
      method,
      path: new URL(url).pathname,
      headers: Object.fromEntries(headers),
      body: await request.text(),
    });
    return answer(request);
  });
  onTestFinished(async () => {
    await scheduler[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  });
  return {
    ...(await callScheduler(scheduler, due)),
    kept,
    scheduler,
    target: `http://127.0.0.1:${target.port}`,
    seen,
    pass(seconds: number): Promise<void> {
      clock += seconds * 1000;
      return scheduler.fireDue();
    },
  };
}

/** Answers nothing until it is told to. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { release: resolve, answer: () => promise.then(() => new Response()) };
}

describe("a callback of the Scheduler", () => {
  it("carries the text as it was given, and nothing that tells who sends it", async () => {
    const { arm, pass, target, seen } = await open();
    const text = '{ "conversationId": "s1",  "content": "grüße €" }';
    await arm(`${target}/hook?cid=1`, { conversationText: text });
    await pass(10);
    const names = Object.keys(seen[0]?.headers ?? {}).sort();
    expect(seen).toMatchObject([{ method: "POST", path: "/hook", body: text }]);
    expect(names).toEqual(["content-length", "content-type", "host"]);
    expect(seen[0]?.headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  it("is never early, and comes once", async () => {
    const { arm, pass, target, seen, statusOf } = await open();
    const id = await arm(target);
    await pass(9.999);
    expect([seen.length, await statusOf(id)]).toEqual([0, "Scheduled"]);
    await pass(0.001);
    await pass(3600);
    expect([seen.length, await statusOf(id)]).toEqual([1, "Completed"]);
  });

  it.each([
    { answered: 200, status: "Completed" },
    { answered: 202, status: "Completed" },
    { answered: 304, status: "Failed" },
    { answered: 400, status: "Failed" },
    { answered: 409, status: "Failed" },
    { answered: 429, status: "Failed" },
    { answered: 503, status: "Failed" },
  ])("that is answered with $answered is $status, without another try", async ({ answered, status }) => {
    const { arm, pass, target, seen, statusOf } = await open(() => new Response(null, { status: answered }));
    const id = await arm(target);
    await pass(10);
    await pass(3600);
    expect([seen.length, await statusOf(id)]).toEqual([1, status]);
  });

  it.each(["http://127.0.0.1:9/x", "not a url", "/relative", "ftp://127.0.0.1/x"])("to %s fails", async (endpoint) => {
    const { arm, pass, statusOf } = await open();
    const id = await arm(endpoint);
    await pass(10);
    expect(await statusOf(id)).toBe("Failed");
  });

  it.each([
    { by: 302, method: "GET", body: "" },
    { by: 303, method: "GET", body: "" },
    { by: 307, method: "POST", body: "{}" },
    { by: 308, method: "POST", body: "{}" },
  ])("follows a $by as $method", async ({ by, method, body }) => {
    const moved = new Response(null, { status: by, headers: { location: "/there" } });
    const { arm, pass, target, seen, statusOf } = await open(({ url }) =>
      url.endsWith("/there") ? new Response() : moved,
    );
    const id = await arm(target);
    await pass(10);
    expect(seen[1]).toMatchObject({ path: "/there", method, body });
    expect(await statusOf(id)).toBe("Completed");
  });

  it("does not go out once its conversation is cancelled", async () => {
    const { arm, execute, pass, target, seen } = await open();
    await execute("cancelConversation", { conversationId: await arm(target) });
    await pass(10);
    expect(seen).toEqual([]);
  });

  it("runs beside nine others at most: slow targets make the rest wait", async () => {
    const { release, answer } = gate();
    const { arm, pass, target, seen, scheduler } = await open(answer);
    for (let each = 0; each < 13; each += 1) await arm(target);
    const over = pass(10);
    await waitFor(() => seen.length === 10, "ten callbacks");
    const waiting = scheduler.conversations.filter(({ status }) => status === "Scheduled");
    release();
    await over;
    expect([waiting.length, seen.length, scheduler.peak.callbacks]).toEqual([3, 13, 10]);
  });

  it("is InProgress and cannot be cancelled until the target answers, a hundred seconds at most", async () => {
    const { arm, execute, pass, target, seen, statusOf } = await open(gate().answer);
    const conversationId = await arm(target);
    const over = pass(10);
    await waitFor(() => seen.length === 1, "the callback");
    await pass(99.9);
    expect(await statusOf(conversationId)).toBe("InProgress");
    expect((await execute("cancelConversation", { conversationId })).json).toEqual({ result: false });
    await pass(0.1);
    await over;
    expect(await statusOf(conversationId)).toBe("Failed");
  });
});

describe("a misfortune of the Scheduler", () => {
  it.each([
    { fate: "crash", arrived: 1, status: "InProgress" },
    { fate: "crash_before", arrived: 0, status: "InProgress" },
    { fate: "lose", arrived: 0, status: "Scheduled" },
    { fate: "swallow", arrived: 0, status: "Completed" },
    { fate: "duplicate", arrived: 2, status: "Completed" },
  ] as const)("$fate lets $arrived arrive and leaves $status for ever", async ({ fate, arrived, status }) => {
    const { arm, pass, target, seen, scheduler, statusOf } = await open();
    const id = await arm(target);
    scheduler.bend({ callback: () => fate });
    await pass(10);
    scheduler.bend({});
    await pass(3600);
    expect([seen.length, await statusOf(id)]).toEqual([arrived, status]);
  });

  it("makes a callback late, or sends it before its time or once more", async () => {
    const { arm, pass, target, seen, scheduler, statusOf } = await open();
    const [late, early] = [await arm(`${target}/late`), await arm(`${target}/early`)];
    expect(await scheduler.fire(early)).toBe("Completed");
    const { promise, resolve } = Promise.withResolvers<"send">();
    scheduler.bend({ callback: () => promise });
    const over = pass(10);
    expect(await statusOf(late)).toBe("Scheduled");
    await scheduler.repeat(early);
    resolve("send");
    await over;
    expect(seen.map(({ path }) => path)).toEqual(["/early", "/early", "/late"]);
  });

  it("answers instead of the service, or after it has done its work, or not at all", async () => {
    const { arm, ask, execute, target, scheduler } = await open();
    scheduler.bend({ before: () => new Response("<html>", { status: 502 }) });
    await expect(ask("GET", "/health")).rejects.toThrow(SyntaxError);
    scheduler.bend({ after: () => Response.json({}, { status: 500 }) });
    expect((await execute("scheduleConversation", { conversationText: "x" })).status).toBe(500);
    await arm(target);
    expect(scheduler.conversations).toHaveLength(1);
    scheduler.bend({ before: () => Promise.reject(new Error("the connection breaks")) });
    await expect(ask("GET", "/health")).rejects.toThrow("fetch failed");
  });

  it("counts the calls of tools that are under way together", async () => {
    const { release, answer } = gate();
    const { arm, target, scheduler } = await open();
    scheduler.bend({ after: () => answer().then(() => undefined) });
    const arming = [1, 2, 3].map(() => arm(target));
    await waitFor(() => scheduler.conversations.length === 3, "three armed ones");
    release();
    await Promise.all(arming);
    expect(scheduler.peak).toEqual({ tools: 3, callbacks: 0 });
  });

  it("kills it: another goes on with those that wait, and one that was under way stays InProgress", async () => {
    const { arm, pass, target, seen, scheduler, kept } = await open(({ url }) =>
      url.endsWith("/slow") ? new Promise(() => {}) : new Response(),
    );
    const [slow, waiting] = [await arm(`${target}/slow`), await arm(target, { scheduledTime: "2026-03-02T13:00:00Z" })];
    const over = pass(10);
    await waitFor(() => seen.length === 1, "the slow callback");
    await scheduler[Symbol.asyncDispose]();
    await over;
    await using another = await startScheduler({ kept, now: () => noon + 3_600_000 });
    await another.fireDue();
    expect([kept.find(slow)?.status, kept.find(waiting)?.status, seen.length]).toEqual(["InProgress", "Completed", 2]);
  });
});

it("sends what is due by itself when nobody else keeps its clock", async () => {
  await using scheduler = await startScheduler();
  await using target = await startWebServer(() => new Response());
  const { arm } = await callScheduler(scheduler, due);
  const at = Date.now() + 250;
  await arm(`http://127.0.0.1:${target.port}`, { scheduledTime: new Date(at).toISOString() });
  await waitFor(() => scheduler.conversations[0]?.status === "Completed", "the callback");
  expect(Date.now()).toBeGreaterThanOrEqual(at);
});
