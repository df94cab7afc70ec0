import { describe, expect, it } from "vitest";
import { createReadSecret } from "../../shared/azure/vault.ts";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { startKeyVault } from "../support/key-vault.ts";

const source = { vaultUrl: "https://kv-contoso.vault.azure.net" };

describe("a secret in Key Vault", () => {
  it("is read at its first use and kept for ten minutes, so that a rotated one is seen", async () => {
    const secrets = { TICKETS: "one", OTHER: "x" };
    await using vault = await startKeyVault(secrets);
    let now = 0;
    const readSecret = createReadSecret(source, vault.open, () => now);
    expect(await Promise.all([readSecret("TICKETS"), readSecret("TICKETS"), readSecret("OTHER")])).toEqual([
      "one",
      "one",
      "x",
    ]);
    secrets.TICKETS = "two";
    now = 9 * minuteMs;
    expect(await readSecret("TICKETS")).toBe("one");
    now = 11 * minuteMs;
    expect(await readSecret("TICKETS")).toBe("two");
    expect(vault.asked.filter((name) => name === "TICKETS")).toHaveLength(2);
  });

  it("that cannot be had is told in our words, and asked for again the next time", async () => {
    await using vault = await startKeyVault({ TICKETS: "one" });
    const readSecret = createReadSecret(source, vault.open, () => 0);
    vault.refuse(true);
    const thrown: unknown = await readSecret("TICKETS").catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(AppError);
    expect(thrown).toMatchObject({ code: "SERVICE_ERROR", message: "Key Vault gave no secret TICKETS." });
    vault.refuse(false);
    expect(await readSecret("TICKETS")).toBe("one");
    await expect(readSecret("GONE")).rejects.toThrow("Key Vault gave no secret GONE.");
  });
});

describe("a secret without a vault", () => {
  it("is what was read at the start", async () => {
    const noVault = () => Promise.reject(new Error("Nobody should have opened a vault."));
    const readSecret = createReadSecret({ values: { TICKETS: "one" } }, noVault, () => 0);
    expect(await readSecret("TICKETS")).toBe("one");
    await expect(readSecret("GONE")).rejects.toThrow("There is no secret GONE.");
  });
});
