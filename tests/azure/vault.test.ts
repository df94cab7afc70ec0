import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Credential } from "../../shared/azure/identity.ts";
import { createVault, type SecretSource } from "../../shared/azure/vault.ts";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import { Secret } from "../../shared/kernel/secret.ts";
import { startKeyVault, type VaultTrouble } from "../support/key-vault.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { waitFor } from "../support/wait-for.ts";

const source: SecretSource = { vaultUrl: "https://kv-contoso.vault.azure.net" };
const secrets: Record<string, string> = {};
const server = await startKeyVault(secrets);
afterAll(() => server[Symbol.asyncDispose]());

beforeEach(() => {
  Object.assign(secrets, { TICKETS: "one", OTHER: "x" });
  server.asked.length = 0;
  server.disabled.clear();
  server.fail(undefined);
});

/** The app's vault on the stand-in, with a clock of the test's own. */
function start({ limitMs, open = server.open }: { limitMs?: number; open?: typeof server.open } = {}) {
  const clock = { now: 0 };
  const events: AppEvent[] = [];
  const vault = createVault(source, open, {
    events: { record: (event) => events.push(event) },
    targets: createQuietTargets(),
    monotonic: () => clock.now,
    ...(limitMs === undefined ? {} : { limitMs }),
  });
  const read = async (name: string) => (await vault.read(name)).open();
  const failed = async (name: string): Promise<AppError> => {
    const thrown: unknown = await vault.read(name).catch((error: unknown) => error);
    if (thrown instanceof AppError) return thrown;
    throw new Error(`an AppError is expected, not ${thrown}`);
  };
  const names = () => events.map(({ name }) => name);
  return { clock, events, names, vault, read, failed };
}

const down: VaultTrouble = { status: 400 };

describe("a secret in Key Vault", () => {
  it("is read at its first use, however many ask, and kept for ten minutes", async () => {
    const { clock, read, vault } = start();
    expect(vault.health()).toEqual({ state: "unused" });
    expect(await Promise.all([read("TICKETS"), read("TICKETS"), read("OTHER")])).toEqual(["one", "one", "x"]);
    secrets.TICKETS = "two";
    clock.now = 10 * minuteMs - 1;
    expect(await read("TICKETS")).toBe("one");
    expect(server.asked.toSorted()).toEqual(["OTHER", "TICKETS"]);
    expect(vault.health()).toEqual({ state: "ok" });
  });

  it("that was rotated is fetched in the background: who asks waits for nothing", async () => {
    const { clock, read } = start();
    await read("TICKETS");
    secrets.TICKETS = "two";
    clock.now = 10 * minuteMs;
    server.fail("hang");
    expect(await read("TICKETS")).toBe("one");
    await waitFor(() => server.asked.length === 2, "a look at the vault");
    expect(await read("TICKETS")).toBe("one");
  });

  it("that was rotated is seen without a restart", async () => {
    const { clock, read } = start();
    await read("TICKETS");
    secrets.TICKETS = "two";
    clock.now = 10 * minuteMs;
    expect(await read("TICKETS")).toBe("one");
    await waitFor(async () => (await read("TICKETS")) === "two", "the new secret");
    expect(server.asked).toHaveLength(2);
  });

  it("outlives an outage, which is told once when it begins and once when it ends", async () => {
    const { clock, names, read, vault } = start();
    await Promise.all([read("TICKETS"), read("OTHER")]);
    server.fail(down);
    clock.now = 9 * minuteMs;
    await waitFor(async () => {
      clock.now += minuteMs;
      expect([await read("TICKETS"), await read("OTHER")]).toEqual(["one", "x"]);
      // Fewer than open the breaker, which rests by a clock that the test does not have.
      return server.asked.length >= 5;
    }, "some looks at the vault");
    expect(names()).toEqual(["vault.unavailable"]);
    expect(vault.health()).toEqual({ state: "degraded", error: "SERVICE_ERROR" });
    server.fail(undefined);
    secrets.TICKETS = "two";
    await waitFor(async () => {
      clock.now += minuteMs;
      return (await read("TICKETS")) === "two";
    }, "the vault to be asked again");
    expect(names()).toEqual(["vault.unavailable", "vault.available"]);
    expect(vault.health()).toEqual({ state: "ok" });
  });

  it("that is not there for the first use is asked for again, but not by every use", async () => {
    const { clock, failed, read, vault } = start();
    server.fail(down);
    const failures = await Promise.all([failed("TICKETS"), failed("TICKETS")]);
    failures.push(await failed("TICKETS"));
    expect(new Set(failures.map(({ message }) => message)).size).toBe(1);
    expect(server.asked).toEqual(["TICKETS"]);
    expect(vault.health()).toEqual({ state: "unavailable", error: "SERVICE_ERROR" });
    server.fail(undefined);
    clock.now = 10 * secondMs;
    expect(await read("TICKETS")).toBe("one");
    expect(vault.health()).toEqual({ state: "ok" });
  });

  it.each<[string, () => void, RegExp]>([
    ["deleted", () => delete secrets.TICKETS, /no secret TICKETS/],
    ["disabled", () => server.disabled.add("TICKETS"), /TICKETS is disabled/],
  ])("that was %s is not used any longer, although it was held", async (_what, end, message) => {
    const { clock, failed, names, read, vault } = start();
    await Promise.all([read("TICKETS"), read("OTHER")]);
    end();
    clock.now = 10 * minuteMs;
    await waitFor(
      () =>
        read("TICKETS").then(
          () => false,
          () => true,
        ),
      "the secret to end",
    );
    expect((await failed("TICKETS")).message).toMatch(message);
    // The vault itself is well, so that this is no outage.
    expect(names()).toEqual([]);
    expect(vault.health()).toEqual({ state: "degraded", error: "SERVICE_ERROR" });
  });
});

describe("a vault that gives no secret", () => {
  it.each<[string, VaultTrouble, string, RegExp]>([
    ["refuses the token", { status: 401 }, "AUTHENTICATION_ERROR", /refused this app \(401\).*Secrets User/],
    ["denies the access", { status: 403 }, "AUTHENTICATION_ERROR", /refused this app \(403\).*Secrets User/],
    ["is busy", { status: 429, headers: { "retry-after": "0" } }, "SERVICE_ERROR", /fewer requests/],
    ["is broken", { status: 500 }, "SERVICE_ERROR", /status 500/],
    ["is away", { status: 503 }, "SERVICE_ERROR", /status 503/],
    ["redirects", { status: 302, headers: { location: "https://fabrikam.com/" } }, "SERVICE_ERROR", /no usable answer/],
    ["answers with something else", "garbage", "SERVICE_ERROR", /no usable answer/],
    ["answers without a value", { status: 200, body: { id: "https://x/secrets/a/1" } }, "SERVICE_ERROR", /is empty/],
  ])("because it %s is told in our words", async (_what, trouble, code, message) => {
    const { events, failed } = start();
    server.fail(trouble);
    const failure = await failed("TICKETS");
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(message);
    expect(
      JSON.stringify([failure.message, failure.details, events.map((event) => ({ ...event, cause: 0 }))]),
    ).not.toMatch(/s3cr3t|fabrikam/);
  });

  it("because there is none of that name, or it is disabled, says so", async () => {
    const { failed } = start();
    server.disabled.add("TICKETS");
    expect(await failed("GONE")).toMatchObject({
      code: "SERVICE_ERROR",
      message: expect.stringMatching(/no secret GONE.*Create it/),
    });
    expect(await failed("TICKETS")).toMatchObject({
      code: "SERVICE_ERROR",
      message: expect.stringMatching(/TICKETS is disabled/),
    });
  });

  it("is asked again when it is busy for a moment, after the time that it names", async () => {
    const { names, read } = start();
    server.fail({ status: 429, headers: { "retry-after": "0" } }, 2);
    expect(await read("TICKETS")).toBe("one");
    expect(server.asked).toHaveLength(3);
    expect(names()).toEqual([]);
  });

  it("because it never answers is waited for no longer than the limit", async () => {
    const { failed, vault } = start({ limitMs: 200 });
    server.fail("hang");
    expect(await failed("TICKETS")).toMatchObject({
      code: "TIMEOUT_ERROR",
      message: expect.stringMatching(/in time.*KEYVAULT_URI/),
    });
    expect(vault.health()).toEqual({ state: "unavailable", error: "TIMEOUT_ERROR" });
  });

  it("because it asks to come back in an hour is waited for no longer than the limit", async () => {
    const { failed } = start({ limitMs: 200 });
    server.fail({ status: 429, headers: { "retry-after": "3600" } });
    expect(await failed("TICKETS")).toMatchObject({ code: "TIMEOUT_ERROR" });
  });

  it("because nobody listens there says which setting to check", async () => {
    const gone = await startKeyVault({});
    await gone[Symbol.asyncDispose]();
    const { failed } = start({ open: gone.open });
    expect(await failed("TICKETS")).toMatchObject({
      code: "SERVICE_ERROR",
      message: expect.stringMatching(/KEYVAULT_URI/),
    });
  });

  it("because the app cannot sign in says that", async () => {
    const signIn = new AppError("AUTHENTICATION_ERROR", "Nobody is signed in.");
    const credential: Credential = { getToken: () => Promise.reject(signIn) };
    await using closed = await startKeyVault({ TICKETS: "one" }, { credential });
    const { failed } = start({ open: closed.open });
    expect(await failed("TICKETS")).toBe(signIn);
  });

  it("because it wants a token for another service gets none", async () => {
    let tokens = 0;
    const credential: Credential = {
      async getToken() {
        tokens++;
        return { token: "vault-token", expiresOnTimestamp: Date.now() + minuteMs };
      },
    };
    await using foreign = await startKeyVault(
      { TICKETS: "one" },
      { credential, resource: "https://graph.microsoft.com" },
    );
    const { failed } = start({ open: foreign.open });
    expect(await failed("TICKETS")).toMatchObject({ code: "SERVICE_ERROR" });
    expect([tokens, foreign.asked]).toEqual([0, []]);
  });
});

describe("a secret without a vault", () => {
  it("is what was read at the start", async () => {
    const noVault = () => Promise.reject(new Error("Nobody should have opened a vault."));
    const vault = createVault({ values: { TICKETS: new Secret("one") } }, noVault, {
      events: { record: () => {} },
      targets: createQuietTargets(),
      monotonic: () => 0,
    });
    expect((await vault.read("TICKETS")).open()).toBe("one");
    await expect(vault.read("GONE")).rejects.toThrow("There is no secret GONE.");
    expect(vault.health()).toEqual({ state: "unused" });
  });
});
