import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { dueEnvelope } from "../../shared/alarm/callback-envelope.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import type { CallbackAnswer, CallbackRefusal } from "../../shared/use-cases/take-callback.ts";
import {
  envelope,
  openOffice,
  refusal,
  request,
  runId,
  said,
  scheduleId,
  secrets,
  signed,
  signedUrl,
  slot,
  urlKeys,
  webhookHeaders,
} from "./callback-office.ts";

const answering = (answer: CallbackAnswer) => openOffice({ takeCallback: async () => answer });

describe("what a callback asks for", () => {
  it("is its slot when it posts what was armed", async () => {
    const { post, taken } = openOffice();
    const armed = { scheduleId, slot };
    const headers = { "content-type": "application/json; charset=utf-8" };
    expect((await post(request({ url: signedUrl(), body: dueEnvelope(armed), headers }))).status).toBe(202);
    expect(taken).toEqual([{ ...armed, status: "due", content: "A slot of this conversation is due." }]);
  });

  it("is taken from the signed address when the body names nothing", async () => {
    const { post, taken } = openOffice();
    const bodies = ["", "Look at the tickets", '{"message":"hello"}', '{"conversationId":"x","status":"compl'];
    for (const body of bodies) {
      const headers = { "content-type": "application/json" };
      expect((await post(request({ url: signedUrl(), body, headers }))).status).toBe(202);
    }
    expect(taken).toEqual(bodies.map((content) => ({ scheduleId, slot, status: "due", content })));
  });

  it("is taken from the body without one: a run names its slot, a schedule leaves it open", async () => {
    const { post, taken } = openOffice();
    for (const id of [runId, scheduleId]) await post(signed(envelope(id)));
    expect(taken.map((callback) => [callback.scheduleId, callback.slot])).toEqual([
      [scheduleId, slot],
      [scheduleId, undefined],
    ]);
  });

  it("is not taken from an address that proves nothing", async () => {
    const { post, taken } = openOffice();
    const url = signedUrl(urlKeys.older, { scheduleId: "local-another", slot: slot + 60_000 });
    const [named, unnamed] = [envelope(), "text"];
    expect((await post(request({ url, body: named, headers: webhookHeaders(named) }))).status).toBe(202);
    expect((await post(request({ url, body: unnamed, headers: webhookHeaders(unnamed) }))).status).toBe(400);
    expect(taken.map((callback) => [callback.scheduleId, callback.slot])).toEqual([[scheduleId, slot]]);
  });

  it.each(["completed", "failed", "cancelled"] as const)("may be a report: %s", async (status) => {
    const { post, taken } = openOffice();
    await post(signed(envelope(runId, status.toUpperCase(), { answer: 7 })));
    await post(request({ url: signedUrl(), body: envelope(scheduleId, status, { answer: 7 }) }));
    const report = { scheduleId, slot, status, content: '{"answer":7}' };
    expect(taken).toEqual([{ ...report, id: "msg_1" }, report]);
  });

  it("may be a report at a signed address that says nothing but how the work ended", async () => {
    const { post, taken } = openOffice();
    expect((await post(request({ url: signedUrl(), body: '{"status":"Failed","content":"No desk."}' }))).status).toBe(
      202,
    );
    expect(taken).toEqual([{ scheduleId, slot, status: "failed", content: "No desk." }]);
  });

  it("is one thing: a body that names another conversation or slot than the signed address is refused", async () => {
    const { post, taken } = openOffice();
    const later = `${scheduleId}.p${slot / 1000 + 60}`;
    for (const id of ["local-another", later, `${scheduleId}.m1.${slot / 1000}`, ""]) {
      const message = expect.stringContaining("The body names another conversation than the signed address.");
      const response = await post(request({ url: signedUrl(), body: envelope(id) }));
      expect(await said(response)).toEqual([400, refusal(message)]);
    }
    expect((await post(request({ url: signedUrl(), body: envelope(runId) }))).status).toBe(202);
    expect(taken).toHaveLength(1);
  });

  it.each([
    ["no conversation", "text", "The callback names no conversation."],
    ["no conversation", "", "The callback names no conversation."],
    ["no slot of a report", envelope(scheduleId, "completed"), "must name its slot"],
    ["an unknown status", envelope(runId, "done"), "Send due, completed, failed, cancelled"],
  ])("must be said: %s", async (_what, body, message) => {
    const { post, taken } = openOffice();
    expect(await said(await post(signed(body)))).toEqual([400, refusal(expect.stringContaining(message))]);
    expect(taken).toEqual([]);
  });
});

describe("the answer", () => {
  it("tells a first callback from a repeat", async () => {
    const first = await answering({ kind: "accepted", runId }).post(signed(envelope()));
    expect(await said(first)).toEqual([202, { success: true, runId }]);
    const repeat = await answering({ kind: "duplicate", runId }).post(signed(envelope()));
    expect(await said(repeat)).toEqual([200, { success: true, runId, duplicate: true }]);
  });

  it("gives a replayed request to the use case, which knows what it has taken", async () => {
    const known = new Set<unknown>();
    const { post, taken } = openOffice({
      takeCallback: async (callback) => {
        const kind = known.has(callback.slot) ? "duplicate" : "accepted";
        known.add(callback.slot);
        return { kind, runId };
      },
    });
    const sent = { body: envelope(), headers: webhookHeaders(envelope()) };
    const answers = [];
    for (let count = 0; count < 3; count++) answers.push((await post(request(sent))).status);
    expect(answers).toEqual([202, 200, 200]);
    expect(taken).toHaveLength(3);
  });

  it("is 404 for a conversation that is not there", async () => {
    const response = await answering({ kind: "unknown" }).post(signed(envelope()));
    expect(await said(response)).toEqual([404, refusal(expect.stringContaining("There is no such conversation"))]);
  });

  it.each<[CallbackRefusal, string]>([
    ["paused", "is paused"],
    ["superseded", "does not plan this slot"],
    ["too_early", "Send it again at the slot"],
    ["already_started", "has begun here"],
    ["nothing_due", "Name the slot"],
  ])("is 409 with the reason in words: %s", async (reason, words) => {
    const response = await answering({ kind: "refused", reason }).post(signed(envelope()));
    expect(await said(response)).toEqual([409, refusal(expect.stringContaining(words))]);
  });

  it("is 429 with a time while as many runs are open as there may be", async () => {
    const response = await answering({ kind: "refused", reason: "busy" }).post(signed(envelope()));
    expect(response.headers.get("retry-after")).toBe("60");
    expect(await said(response)).toEqual([429, refusal(expect.stringContaining("in a minute"), "SERVICE_ERROR")]);
  });

  it("is 500 without the reason when we fail; the operator hears it", async () => {
    const { post, recorded } = openOffice({ takeCallback: () => Promise.reject(new Error("s3cr3t")) });
    const response = await post(signed(envelope()));
    expect(await said(response)).toEqual([500, refusal(expect.not.stringContaining("s3cr3t"), "INTERNAL_ERROR")]);
    expect(recorded).toMatchObject([{ level: "error", name: "callback.failed", cause: { message: "s3cr3t" } }]);
  });

  it.each([
    ["SERVICE_ERROR", 500],
    ["TIMEOUT_ERROR", 500],
    ["AUTHENTICATION_ERROR", 500],
    ["VALIDATION_ERROR", 400],
  ] as const)("has our own words when they are known: %s is %i", async (code, status) => {
    const { post } = openOffice({ takeCallback: () => Promise.reject(new AppError(code, "Storage is down.")) });
    expect(await said(await post(signed(envelope())))).toEqual([status, refusal("Storage is down.", code)]);
  });

  it.each(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])("to %s is 405", async (method) => {
    const { post, taken, recorded } = openOffice();
    const response = await post(new Request(signedUrl(), { method }));
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    expect([taken, recorded]).toEqual([[], []]);
  });
});

describe("too many callbacks at once", () => {
  it("are refused with 429 beyond 200, and the next ones are taken again", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { post, taken } = openOffice({
      takeCallback: async () => {
        await held;
        return { kind: "accepted", runId };
      },
    });
    const url = signedUrl();
    const first = Array.from({ length: 200 }, () => post(request({ url })));
    while (taken.length < 200) await turn();
    const refused = await post(request({ url }));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
    expect((await post(request({ url: signedUrl(urlKeys.older) }))).status).toBe(401);
    release();
    expect(new Set((await Promise.all(first)).map(({ status }) => status))).toEqual(new Set([202]));
    expect((await post(request({ url }))).status).toBe(202);
  });

  it("are not what the unproven make: they take nobody's place", async () => {
    const { post } = openOffice();
    const headers = webhookHeaders(envelope(), { secret: secrets.older });
    await Promise.all(Array.from({ length: 300 }, () => post(request({ body: envelope(), headers }))));
    expect((await post(signed(envelope()))).status).toBe(202);
  });
});
