import { describe, expect, it } from "vitest";
import { AppError } from "../../shared/kernel/errors.ts";
import { toLogText } from "../../shared/telemetry/log-text.ts";
import { createKey, startEntra } from "../support/entra.ts";
import {
  bearer,
  envelope,
  expectRefused,
  keysInUse,
  openOffice,
  request,
  runId,
  said,
  scheduleId,
  secrets,
  signedUrl,
  slot,
  unproven,
  urlKeys,
  verifierFor,
  webhookHeaders,
} from "./callback-office.ts";

const due = { scheduleId, slot, status: "due", content: "x" };
const accepted = [202, { success: true, runId }];
const unchecked = [
  500,
  {
    success: false,
    error: "SERVICE_ERROR",
    message: "Where this callback comes from cannot be checked at the moment. Send it again later.",
  },
];

describe("a callback is proven", () => {
  it("by its signed address, whatever is posted to it", async () => {
    const { post, taken } = openOffice();
    expect(await said(await post(request({ url: signedUrl(), body: "x" })))).toEqual(accepted);
    expect(taken).toEqual([due]);
  });

  it("by the signature of Standard Webhooks over its raw body", async () => {
    const { post, taken } = openOffice();
    const body = `\uFEFF${envelope()}\n`;
    expect(await said(await post(request({ body, headers: webhookHeaders(body) })))).toEqual(accepted);
    expect(taken).toEqual([{ ...due, id: "msg_1" }]);
  });

  it("by an Entra token of a caller with the role", async () => {
    await using entra = await startEntra();
    const { post, taken } = openOffice({ verifyCaller: verifierFor(entra.rules) });
    const headers = bearer(await entra.token());
    expect(await said(await post(request({ body: envelope(), headers })))).toEqual(accepted);
    expect(taken).toEqual([due]);
  });

  it("with both keys of a rotation, and with no third", async () => {
    const { post, taken } = openOffice();
    const answers = [];
    for (const key of Object.values(urlKeys)) answers.push((await post(request({ url: signedUrl(key) }))).status);
    for (const secret of Object.values(secrets)) {
      const headers = webhookHeaders(envelope(), { secret });
      answers.push((await post(request({ body: envelope(), headers }))).status);
    }
    expect(answers).toEqual([202, 202, 401, 202, 202, 401]);
    expect(taken).toHaveLength(4);
  });

  it("by one of several signatures, as a sender that rotates its key sends them", async () => {
    const { post } = openOffice();
    const body = envelope();
    const [older, present] = [webhookHeaders(body, { secret: secrets.older }), webhookHeaders(body)];
    const signatures = `v1a,AAAA ${older["webhook-signature"]} ${present["webhook-signature"]}`;
    const headers = { ...present, "webhook-signature": signatures };
    expect((await post(request({ body, headers }))).status).toBe(202);
  });

  it("up to five minutes before and after it was signed", async () => {
    const { post } = openOffice();
    const ages = [-310, -290, 290, 310];
    const posts = ages.map((ageSeconds) =>
      post(request({ body: envelope(), headers: webhookHeaders(envelope(), { ageSeconds }) })),
    );
    expect((await Promise.all(posts)).map(({ status }) => status)).toEqual([401, 202, 202, 401]);
  });

  it("by one right proof beside wrong ones", async () => {
    await using entra = await startEntra();
    const { post, taken } = openOffice({ verifyCaller: verifierFor(entra.rules) });
    const [right, wrong] = [bearer(await entra.token()), bearer(await entra.token({}, await createKey("k1")))];
    const body = envelope();
    const forged = { ...webhookHeaders(body), "webhook-signature": "v1,AAAA" };
    const url = signedUrl(urlKeys.older);
    expect((await post(request({ url: signedUrl(), body, headers: { ...forged, ...wrong } }))).status).toBe(202);
    expect((await post(request({ url, body, headers: { ...webhookHeaders(body), ...wrong } }))).status).toBe(202);
    expect((await post(request({ url, body, headers: { ...forged, ...right } }))).status).toBe(202);
    expect((await post(request({ url, body, headers: { ...forged, ...wrong } }))).status).toBe(401);
    expect(taken).toEqual([due, { ...due, id: "msg_1" }, due]);
  });
});

describe("the operator is told about a refused callback", () => {
  it("what was wrong with each proof, and nothing that was sent", async () => {
    await using entra = await startEntra();
    const { post, recorded } = openOffice({ verifyCaller: verifierFor(entra.rules) });
    const body = envelope(scheduleId, "due", "s3cr3t");
    const token = await entra.token({ exp: 1 });
    const headers = { ...webhookHeaders("other", { id: "s3cr3t" }), ...bearer(token) };
    await post(request({ url: signedUrl(urlKeys.older), body, headers }));
    expect(recorded).toEqual([
      {
        level: "info",
        name: "callback.refused",
        message: "A callback without a proof of origin was refused.",
        fields: {
          problems:
            "address: forged, changed or expired, webhook: forged, changed, or more than 5 minutes old, token: ERR_JWT_EXPIRED exp",
        },
      },
    ]);
    await post(request());
    expect(recorded[1]?.fields).toEqual({ problems: "no proof was sent" });
  });
});

describe("a proof that cannot be checked", () => {
  const vaultDown = () =>
    Promise.reject(new AppError("SERVICE_ERROR", "Key Vault gave no secret SCHEDULER-CALLBACK-KEY."));

  it("is neither taken nor refused: the caller shall come again, and the operator hears why", async () => {
    const { post, taken, recorded } = openOffice({ readKeys: vaultDown });
    expect(await said(await post(request({ url: signedUrl() })))).toEqual(unchecked);
    expect(taken).toEqual([]);
    expect(recorded.map(({ level, name, fields }) => [level, name, fields])).toEqual([
      ["warning", "callback.unchecked", { proof: "address" }],
    ]);
    expect(toLogText(recorded[0]?.cause)).toContain("SCHEDULER-CALLBACK-KEY");
  });

  it("does not stand in the way of one that can", async () => {
    await using entra = await startEntra();
    const { post } = openOffice({ readKeys: vaultDown, verifyCaller: verifierFor(entra.rules) });
    const headers = bearer(await entra.token());
    expect((await post(request({ url: signedUrl(), body: envelope(), headers }))).status).toBe(202);
  });

  it.each(["url", "webhook"] as const)("does not stand in the way of the other one: no key for %s", async (missing) => {
    const readKeys: typeof keysInUse = (kind) => (kind === missing ? vaultDown() : keysInUse(kind));
    const { post, recorded } = openOffice({ readKeys });
    const body = envelope();
    const other =
      missing === "url" ? request({ body, headers: webhookHeaders(body) }) : request({ url: signedUrl(), body });
    expect((await post(other)).status).toBe(202);
    expect(recorded).toEqual([]);
  });

  it("may be a token whose keys cannot be had; one that is no token is refused all the same", async () => {
    await using entra = await startEntra();
    entra.fail(true);
    const { post, taken } = openOffice({ verifyCaller: verifierFor(entra.rules) });
    const token = await entra.token();
    expect(await said(await post(request({ body: envelope(), headers: bearer(token) })))).toEqual(unchecked);
    expect(await said(await post(request({ body: envelope(), headers: bearer("a.b.c") })))).toEqual(unproven);
    expect(taken).toEqual([]);
  });

  it("may be a secret that is none, as long as no other one fits", async () => {
    const readKeys = async () => [secrets.present, "not base64!"];
    const { post } = openOffice({ readKeys });
    const post401 = async (secret: string) =>
      (await post(request({ body: envelope(), headers: webhookHeaders(envelope(), { secret }) }))).status;
    expect([await post401(secrets.present), await post401(secrets.older)]).toEqual([202, 500]);
  });

  it("is not looked for in a request that carries none: no key is read", async () => {
    let reads = 0;
    const readKeys: typeof keysInUse = (kind) => {
      reads++;
      return keysInUse(kind);
    };
    await expectRefused({ body: envelope(), headers: { "webhook-id": "msg_1" } }, { readKeys });
    expect(reads).toBe(0);
  });
});
