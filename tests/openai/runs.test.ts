import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hourMs, minuteMs } from "../../shared/kernel/clock.ts";
import { type Fault, type SeenRequest, startOpenAiFaults } from "../support/openai-faults.ts";
import { createRunOnce } from "./run-once.ts";

// What a run makes of each way in which a model can fail, through the real client and a server on a socket.

let server: Awaited<ReturnType<typeof startOpenAiFaults>>;
beforeAll(async () => {
  server = await startOpenAiFaults();
});
afterAll(() => server.close());
beforeEach(() => {
  server.seen.length = 0;
});

const completion = (
  message: Record<string, unknown>,
  finish_reason = "stop",
  more: Record<string, unknown> = {},
): Fault => ({
  status: 200,
  body: {
    model: "small-model-2026",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason, ...more }],
    usage: { prompt_tokens: 100, completion_tokens: 20 },
  },
});
const says = (content: string) => completion({ content });
const calls = (name: string, args: string) =>
  completion(
    { content: null, tool_calls: [{ id: "call_1", type: "function", function: { name, arguments: args } }] },
    "tool_calls",
  );
const refuses = (status: number, error: unknown, headers: Record<string, string> = {}): Fault => ({
  status,
  headers,
  body: { error },
});

const messagesOf = ({ body }: SeenRequest | Omit<SeenRequest, "closed">) => body.messages as Record<string, unknown>[];
const resultsIn = (request: Omit<SeenRequest, "closed">) =>
  messagesOf(request).flatMap(({ role, content }) => (role === "tool" ? [content] : []));
/** The nth request, from 1, gets the nth answer, and the last one all that follow. */
function inTurn(...answers: [Fault, ...Fault[]]): void {
  let count = 0;
  server.answerWith(() => answers[Math.min(count++, answers.length - 1)] ?? answers[0]);
}

describe("a fault that passes", () => {
  const overloaded = { message: "overloaded" };

  it.each<[string, Fault, number]>([
    ["429 with retry-after", refuses(429, overloaded, { "retry-after": "60" }), 60],
    [
      "429 with both headers: the finer one",
      refuses(429, overloaded, { "retry-after-ms": "44500", "retry-after": "60" }),
      44.5,
    ],
    ["429 with less than our own backoff", refuses(429, overloaded, { "retry-after": "1" }), 15],
    ["429 with a day", refuses(429, overloaded, { "retry-after": "86400" }), hourMs / 1000],
    ["503 with retry-after", refuses(503, overloaded, { "retry-after": "40" }), 40],
    ["500", refuses(500, overloaded), 15],
    ["a connection that is reset", { connection: "reset" }, 15],
    ["an answer that is cut", { connection: "cut" }, 15],
    ["an answer that is no JSON", { status: 200, html: "<h1>Welcome</h1>" }, 15],
    ["an answer that is no completion", { status: 200, body: { choices: "none" } }, 15],
  ])("%s is waited out, and the run succeeds", async (_name, fault, seconds) => {
    inTurn(fault, says("At last."));
    const run = await createRunOnce(server.url);
    expect(await run.work()).toMatchObject({ state: "queued", failures: 1 });
    expect(await run.waitSeconds()).toBe(seconds);
    run.pass(seconds * 1000);
    expect(await run.work()).toMatchObject({ outcome: "succeeded", answer: "At last.", failures: 1, crashes: 0 });
    expect(server.seen).toHaveLength(2);
  });

  it.each(["hang", "hang_in_body"] as const)("%s is given up after its time", async (connection) => {
    server.answerWith({ connection });
    const run = await createRunOnce(server.url);
    const arrived = server.arrived();
    const working = run.work();
    const { closed } = await arrived;
    run.pass(4 * minuteMs);
    expect(await working).toMatchObject({ state: "queued", failures: 1 });
    await closed;
  });

  it("three times is one time too many", async () => {
    server.answerWith(refuses(503, overloaded));
    const run = await createRunOnce(server.url);
    for (const _ of [1, 2]) {
      await run.work();
      run.pass(hourMs);
    }
    expect(await run.work()).toMatchObject({ outcome: "failed", reason: "model_transient" });
    expect(server.seen).toHaveLength(3);
  });
});

describe("a fault that stays", () => {
  const violence = { violence: { filtered: true, severity: "high" }, hate: { filtered: false, severity: "safe" } };

  it.each<[string, Fault, Record<string, unknown>]>([
    ["401", refuses(401, { message: "no" }), { outcome: "auth_required", reason: "model_auth" }],
    [
      "429 of an account without money",
      refuses(429, { code: "insufficient_quota", message: "billing" }, { "retry-after": "1" }),
      { outcome: "failed", reason: "model_quota" },
    ],
    [
      "400 of the content filter",
      refuses(400, {
        code: "content_filter",
        innererror: { code: "ResponsibleAIPolicyViolation", content_filter_result: violence },
      }),
      { outcome: "failed", reason: "content_filter", detail: "violence" },
    ],
    [
      "an answer that the content filter ended",
      completion({ content: "I" }, "content_filter", { content_filter_results: violence }),
      { outcome: "failed", reason: "content_filter", detail: "violence" },
    ],
    ["404", refuses(404, { code: "DeploymentNotFound" }), { outcome: "failed", reason: "model_refused_request" }],
  ])("%s ends the run at once", async (_name, fault, end) => {
    server.answerWith(fault);
    const run = await createRunOnce(server.url);
    expect(await run.work()).toMatchObject({ state: "ended", ...end });
    expect(server.seen).toHaveLength(1);
  });

  it("leaves none of the provider's words in log or record", async () => {
    server.answerWith(refuses(401, { message: "key sk-foreign-text is unknown", code: "foreign_text" }));
    const run = await createRunOnce(server.url);
    const record = await run.work();
    expect(JSON.stringify([record, await run.readEvents()])).not.toMatch(/foreign/);
  });
});

describe("a prompt that is too long", () => {
  const tooLong = refuses(400, { code: "context_length_exceeded", message: "maximum context length is 4096 tokens" });

  it("is summed up with the same model, and the run goes on", async () => {
    inTurn(calls("look_up", "{}"), tooLong, says("Desk 7 was empty."), says("Done."));
    const run = await createRunOnce(server.url);
    expect(await run.work()).toMatchObject({
      outcome: "succeeded",
      answer: "Done.",
      usage: [{ model: "small-model-2026", promptTokens: 300, completionTokens: 60 }],
    });
    const [, , summary, last] = server.seen;
    expect(summary?.body).not.toHaveProperty("tools");
    expect(messagesOf(summary!).at(-1)?.content).toContain("Result: Desk 7 is empty.");
    expect(messagesOf(last!).map(({ role }) => role)).toEqual(["system", "user", "user"]);
    expect(messagesOf(last!)[1]?.content).toContain("Desk 7 was empty.");
    expect((await run.readEvents()).map(({ type }) => type)).toContain("tool_result");
  });

  it("even so ends the run", async () => {
    inTurn(calls("look_up", "{}"), tooLong, says("Desk 7 was empty."), tooLong);
    const run = await createRunOnce(server.url);
    expect(await run.work()).toMatchObject({ outcome: "failed", reason: "prompt_too_long" });
    expect(server.seen).toHaveLength(4);
  });
});

describe("a model that calls tools in a wrong way", () => {
  it("is told once that its arguments are no JSON; servers that read them get an empty object back", async () => {
    inTurn(calls("look_up", '{"desk":'), calls("look_up", '{"desk":7}'), says("Done."));
    const run = await createRunOnce(server.url);
    expect(await run.work()).toMatchObject({ outcome: "succeeded", toolCalls: 2 });
    const [, second] = server.seen;
    expect(resultsIn(second!)).toEqual([expect.stringMatching(/^Error: Not called: the arguments are no JSON object/)]);
    expect(messagesOf(second!)[2]?.tool_calls).toMatchObject([{ function: { arguments: "{}" } }]);
  });

  it("and does it again in the next turn ends the run", async () => {
    server.answerWith(calls("look_up", '{"desk":'));
    const run = await createRunOnce(server.url);
    expect(await run.work()).toMatchObject({ outcome: "failed", reason: "bad_tool_arguments", turns: 2 });
    expect(server.seen).toHaveLength(2);
  });

  it("is told which tools there are when it calls one that there is not", async () => {
    inTurn(calls("guess", "{}"), says("Done."));
    const run = await createRunOnce(server.url);
    expect(await run.work()).toMatchObject({ outcome: "succeeded" });
    expect(resultsIn(server.seen[1]!)).toEqual([
      'Error: There is no tool "guess". Available: look_up, nothing_to_report.',
    ]);
  });

  it("may say that there is nothing to report", async () => {
    server.answerWith(calls("nothing_to_report", '{"reason":"All is well."}'));
    const run = await createRunOnce(server.url);
    expect(await run.work()).toMatchObject({ outcome: "succeeded", quiet: "All is well." });
    expect(server.seen).toHaveLength(1);
  });
});
