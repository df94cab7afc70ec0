import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startEntra } from "../support/entra.ts";
import {
  address,
  bearer,
  envelope,
  expectRefused,
  openOffice,
  request,
  scheduleId,
  signedUrl,
  slot,
  verifierFor,
  webhookHeaders,
} from "./callback-office.ts";

describe("a callback is refused", () => {
  it.each([
    ["nothing", {}],
    ["a body alone", { body: envelope() }],
    ["an unsigned address", { url: `${address}?cid=${scheduleId}&slot=${slot}`, body: envelope() }],
    ["an empty signature", { url: `${address}?cid=${scheduleId}&slot=${slot}&exp=${slot + 1}&sig=` }],
    ["a signature alone", { url: `${address}?sig=x` }],
    ["only an id", { body: envelope(), headers: { "webhook-id": "msg_1" } }],
    ["no time", { body: envelope(), headers: { "webhook-id": "msg_1", "webhook-signature": "v1,AAAA" } }],
    [
      "a signature without a value",
      { body: envelope(), headers: { ...webhookHeaders("x"), "webhook-signature": "v1" } },
    ],
    ["a time that is none", { body: envelope(), headers: { ...webhookHeaders("x"), "webhook-timestamp": "now" } }],
    ["another sign-in", { body: envelope(), headers: { authorization: "Basic c2VjcmV0OnMzY3IzdA==" } }],
    ["a token where no callers sign in", { body: envelope(), headers: bearer("e30.e30.e30") }],
    ["bytes that are no text", { body: new Uint8Array([0xff, 0xfe]), headers: webhookHeaders("\uFFFD\uFFFD") }],
  ])("that carries %s", async (_what, posted) => {
    await expectRefused(posted);
  });

  it("whose signed address has expired", async () => {
    await expectRefused({ url: signedUrl() }, { now: () => slot + 25 * 3_600_000 });
  });

  it("whose address was signed for another slot", async () => {
    const url = new URL(signedUrl());
    url.searchParams.set("slot", String(slot + 60_000));
    await expectRefused({ url: url.href });
  });

  it("whose body is not what was signed", async () => {
    const body = envelope();
    await expectRefused({ body: body.replace("due", "duf"), headers: webhookHeaders(body) });
    await expectRefused({ body: `${body} `, headers: webhookHeaders(body) });
    await expectRefused({ body: body.slice(0, -1), headers: webhookHeaders(body) });
    await expectRefused({ body: "", headers: webhookHeaders(body) });
  });

  it("whose signature belongs to another message or another time", async () => {
    const [headers, later] = [webhookHeaders(envelope()), webhookHeaders(envelope(), { ageSeconds: -10 })];
    await expectRefused({ body: envelope(), headers: { ...headers, "webhook-id": "msg_2" } });
    await expectRefused({
      body: envelope(),
      headers: { ...headers, "webhook-timestamp": later["webhook-timestamp"] },
    });
  });

  it("while there are no keys", async () => {
    const noKeys = { readKeys: async () => [] };
    await expectRefused({ url: signedUrl(), body: envelope(), headers: webhookHeaders(envelope()) }, noKeys);
  });

  it.each<[string, Record<string, unknown>]>([
    ["another tenant", { iss: "https://login.microsoftonline.com/x/v2.0" }],
    ["another app", { aud: "api://other" }],
    ["no role", { roles: [] }],
    ["a time that is over", { exp: 1 }],
  ])("whose token is of %s", async (_what, claims) => {
    await using entra = await startEntra();
    const headers = bearer(await entra.token(claims));
    await expectRefused({ body: envelope(), headers }, { verifyCaller: verifierFor(entra.rules) });
  });

  it("with any one byte of the signature changed", async () => {
    const { post, taken } = openOffice();
    const body = envelope();
    const headers = webhookHeaders(body);
    const signature = headers["webhook-signature"];
    const refused = await Promise.all(
      [...signature].map((byte, at) => {
        const other = byte === "A" ? "B" : "A";
        const changed = signature.slice(0, at) + other + signature.slice(at + 1);
        return post(request({ body, headers: { ...headers, "webhook-signature": changed } }));
      }),
    );
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401]));
    expect(taken).toEqual([]);
  });

  it("with any one byte of what was signed changed, be it id, time or body", async () => {
    const { post, taken } = openOffice();
    const body = envelope();
    const headers = webhookHeaders(body);
    const parts = fc.constantFrom("webhook-id", "webhook-timestamp", "body");
    await fc.assert(
      fc.asyncProperty(parts, fc.nat(), fc.integer({ min: 0x21, max: 0x7e }), async (part, place, code) => {
        const whole: Record<string, string> = { ...headers, body };
        const text = whole[part]!;
        const at = place % text.length;
        fc.pre(text.charCodeAt(at) !== code);
        const changed = { ...whole, [part]: text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1) };
        const { body: sent, ...sentHeaders } = changed;
        expect((await post(request({ body: sent ?? "", headers: sentHeaders }))).status).toBe(401);
      }),
      { numRuns: 300 },
    );
    expect(taken).toEqual([]);
  });

  it("whatever its address and headers are", async () => {
    const { post, taken } = openOffice();
    const header = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
    const query = fc.record({ cid: fc.string(), slot: fc.string(), exp: fc.string(), sig: fc.string() });
    const headers = fc.record(
      { "webhook-id": header, "webhook-timestamp": header, "webhook-signature": header, authorization: header },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(query, headers, fc.uint8Array(), async (fields, sent, body) => {
        const url = `${address}?${new URLSearchParams(fields)}`;
        expect((await post(request({ url, headers: sent as Record<string, string>, body }))).status).toBe(401);
      }),
      { numRuns: 300 },
    );
    expect(taken).toEqual([]);
  });
});
