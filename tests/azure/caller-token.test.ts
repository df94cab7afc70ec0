import fc from "fast-check";
import { exportSPKI, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createCallerVerifier } from "../../shared/azure/caller-token.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { createKey, role, startEntra, tenant } from "../support/entra.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";

const proven = { isProven: true };
const refusedFor = (problem: string) => ({ isProven: false, problem });
const secondsFromNow = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

async function start() {
  const entra = await startEntra();
  const verify = createCallerVerifier({ ...entra.rules, now: Date.now, targets: createQuietTargets() });
  return { ...entra, verify };
}

describe("a caller's token", () => {
  it("proves its bearer when the tenant signed it for us with the role, and the keys are fetched once", async () => {
    await using entra = await start();
    const verdicts = [];
    for (let count = 0; count < 3; count++) verdicts.push(await entra.verify(await entra.token()));
    expect(verdicts).toEqual([proven, proven, proven]);
    expect(entra.fetches()).toBe(1);
  });

  it("may be of version 1, with the bare id of the app as audience", async () => {
    await using entra = await start();
    const token = await entra.token({
      iss: `https://sts.windows.net/${tenant}/`,
      aud: entra.rules.audience.replace("api://", ""),
    });
    expect(await entra.verify(token)).toEqual(proven);
  });

  it("of a sovereign cloud names that cloud's issuer", async () => {
    await using entra = await start();
    const tokenService = "https://sts.chinacloudapi.cn";
    const verify = createCallerVerifier({ ...entra.rules, tokenService, now: Date.now, targets: createQuietTargets() });
    expect(await verify(await entra.token({ iss: `${tokenService}/${tenant}/` }))).toEqual(proven);
    const foreign = await entra.token({ iss: `https://sts.windows.net/${tenant}/` });
    expect(await verify(foreign)).toEqual(refusedFor("ERR_JWT_CLAIM_VALIDATION_FAILED iss"));
  });

  it.each<[string, JWTPayload | Record<string, undefined>, string]>([
    ["another tenant's", { iss: "https://login.microsoftonline.com/99999999-2222-4333-8444-555555555555/v2.0" }, "iss"],
    ["somebody's own issuer's", { iss: "https://fabrikam.com/" }, "iss"],
    ["for another app", { aud: "https://graph.microsoft.com" }, "aud"],
    ["not valid yet", { nbf: secondsFromNow(120) }, "nbf"],
    ["without an issuer", { iss: undefined }, "iss"],
    ["without an audience", { aud: undefined }, "aud"],
    ["without an end", { exp: undefined }, "exp"],
  ])("proves nothing when it is %s", async (_what, claims, claim) => {
    await using entra = await start();
    const token = await entra.token(claims as JWTPayload);
    expect(await entra.verify(token)).toEqual(refusedFor(`ERR_JWT_CLAIM_VALIDATION_FAILED ${claim}`));
  });

  it.each([
    ["none", undefined],
    ["an empty list", []],
    ["others", ["Scheduler.Read", role.toLowerCase()]],
    ["a text that holds it", `${role} and more`],
  ])("proves nothing without the role: %s", async (_what, roles) => {
    await using entra = await start();
    expect(await entra.verify(await entra.token({ roles }))).toEqual(refusedFor("the role is missing"));
  });

  it("is bound to its time, with a minute for clocks that differ", async () => {
    await using entra = await start();
    const expired = refusedFor("ERR_JWT_EXPIRED exp");
    expect(await entra.verify(await entra.token({ exp: secondsFromNow(-90) }))).toEqual(expired);
    expect(await entra.verify(await entra.token({ exp: secondsFromNow(-30) }))).toEqual(proven);
    expect(await entra.verify(await entra.token({ nbf: secondsFromNow(30) }))).toEqual(proven);
  });
});

describe("a forged token", () => {
  it("signed by another key under a known name proves nothing", async () => {
    await using entra = await start();
    const token = await entra.token({}, await createKey("k1"));
    expect(await entra.verify(token)).toEqual(refusedFor("ERR_JWS_SIGNATURE_VERIFICATION_FAILED"));
  });

  it("without a signature, or signed with the public key as a password, proves nothing and fetches nothing", async () => {
    await using entra = await start();
    const password = new TextEncoder().encode(await exportSPKI(entra.key.publicKey));
    const confused = await new SignJWT(entra.claims()).setProtectedHeader({ alg: "HS256", kid: "k1" }).sign(password);
    expect(await entra.verify(confused)).toEqual(refusedFor("ERR_JOSE_ALG_NOT_ALLOWED"));
    expect((await entra.verify(new UnsecuredJWT(entra.claims()).encode())).isProven).toBe(false);
    expect(entra.fetches()).toBe(0);
  });

  it("with a byte changed anywhere proves nothing", async () => {
    await using entra = await start();
    const token = await entra.token();
    await entra.verify(token);
    const place = fc.integer({ min: 0, max: token.length - 1 });
    const letter = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
    await fc.assert(
      fc.asyncProperty(place, letter, async (at, changed) => {
        // The last letter of the signature has bits that stand for nothing.
        fc.pre(token[at] !== changed && at < token.length - 1);
        expect((await entra.verify(token.slice(0, at) + changed + token.slice(at + 1))).isProven).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it.each(["", ".", "..", "a.b.c", "e30.e30.e30", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "x".repeat(10_000)])(
    "that is garbage proves nothing: %.40s",
    async (garbage) => {
      await using entra = await start();
      expect((await entra.verify(garbage)).isProven).toBe(false);
    },
  );
});

describe("the keys of the tenant", () => {
  it("are not fetched anew for each made-up key id", async () => {
    await using entra = await start();
    await entra.verify(await entra.token());
    const madeUp = await Promise.all(Array.from({ length: 20 }, (_, number) => underName(entra, `made-up-${number}`)));
    for (const verdict of await Promise.all(madeUp.map(entra.verify))) {
      expect(verdict).toEqual(refusedFor("ERR_JWKS_NO_MATCHING_KEY"));
    }
    expect(entra.fetches()).toBe(1);
  });

  it("may be several: a token names its own", async () => {
    await using entra = await start();
    const second = await createKey("k2");
    await entra.publish(second);
    expect(await entra.verify(await entra.token({}, second))).toEqual(proven);
    expect(await entra.verify(await entra.token())).toEqual(proven);
  });

  it("that cannot be had are told as such, in our words, and asked for again the next time", async () => {
    await using entra = await start();
    entra.fail(true);
    const thrown: unknown = await entra.verify(await entra.token()).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(AppError);
    expect(thrown).toMatchObject({
      code: "SERVICE_ERROR",
      message: "The keys of the caller's tenant cannot be had.",
    });
    entra.fail(false);
    expect(await entra.verify(await entra.token())).toEqual(proven);
  });

  it("that are known are enough while their endpoint is down", async () => {
    await using entra = await start();
    await entra.verify(await entra.token());
    entra.fail(true);
    expect(await entra.verify(await entra.token())).toEqual(proven);
  });

  it("are not asked for when nobody listens there, without the caller being told proven or refused", async () => {
    const entra = await start();
    const token = await entra.token();
    await entra[Symbol.asyncDispose]();
    await expect(entra.verify(token)).rejects.toMatchObject({ code: "SERVICE_ERROR" });
  });
});

/** A right token but for the name of its key. */
const underName = (entra: Awaited<ReturnType<typeof start>>, kid: string) => entra.token({}, { ...entra.key, kid });
