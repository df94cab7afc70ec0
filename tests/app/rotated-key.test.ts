import { expect, it } from "vitest";
import { createVault, readerOf } from "../../shared/azure/vault.ts";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { ask, createRecordedEvents } from "../openai/recording.ts";
import { startKeyVault } from "../support/key-vault.ts";
import { startOpenAiFaults } from "../support/openai-faults.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { waitFor } from "../support/wait-for.ts";

it("a key that is rotated in Key Vault is sent to the model without a restart, and outlives an outage of the vault", async () => {
  const secrets = { "OPENAI-API-KEY": "first-key\n" };
  await using keyVault = await startKeyVault(secrets);
  const server = await startOpenAiFaults();
  let now = 0;
  const events = createRecordedEvents();
  const source = { vaultUrl: keyVault.url };
  const vault = createVault(source, keyVault.open, { events, targets: createQuietTargets(), monotonic: () => now });
  const readKey = readerOf(vault.read)({ secret: "OPENAI-API-KEY" });
  const client = createOpenAiCompatibleClient({ baseUrl: `${server.url}/v1`, readKey });
  const model = createOpenAiModel({ targets: createQuietTargets(), client, defaultModel: "m", events });
  const sent = async () => {
    server.answerWith({ status: 200, body: { choices: [{ message: { content: "hi" } }] } });
    const arrived = server.arrived();
    expect(await model.complete(ask("hello"))).toMatchObject({ ok: true });
    return (await arrived).headers.authorization;
  };
  try {
    expect(await sent()).toBe("Bearer first-key");
    secrets["OPENAI-API-KEY"] = "second-key";
    expect(await sent()).toBe("Bearer first-key");
    now = 10 * minuteMs;
    await waitFor(async () => (await sent()) === "Bearer second-key", "the rotated key");
    keyVault.fail({ status: 503 });
    now = 60 * minuteMs;
    expect(await sent()).toBe("Bearer second-key");
  } finally {
    await server.close();
  }
});
