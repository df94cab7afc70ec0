import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "../../shared/kernel/errors.ts";
import { createAzureOpenAiClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { ask, createRecordedEvents } from "./recording.ts";

describe("what a failing token provider means", () => {
  const askWith = (tokenProvider: () => Promise<string>) => {
    // Nobody is called: what signs in comes before.
    const client = createAzureOpenAiClient({ endpoint: "http://127.0.0.1:9", tokenProvider });
    const [targets, events] = [createQuietTargets(), createRecordedEvents()];
    return createOpenAiModel({ targets, client, defaultModel: "m", events }).complete(ask("hello"));
  };
  const failing = (code: ErrorCode, reason?: string) =>
    new AppError(code, "In our words.", reason === undefined ? {} : { reason }, new Error("AADSTS700016"));

  it.each([
    ["Entra refuses", failing("AUTHENTICATION_ERROR", "refused"), "auth"],
    ["nobody answers a sign-in", failing("AUTHENTICATION_ERROR", "unreachable"), "transient"],
    ["Key Vault denies the key", failing("AUTHENTICATION_ERROR"), "auth"],
    ["the key is not in Key Vault", failing("SERVICE_ERROR", "missing"), "auth"],
    ["Key Vault is busy", failing("SERVICE_ERROR", "busy"), "transient"],
    ["Key Vault is away", failing("SERVICE_ERROR", "unreachable"), "transient"],
    ["Key Vault is slow", failing("TIMEOUT_ERROR"), "transient"],
    ["the network is down", new TypeError("fetch failed"), "transient"],
    ["an error of no known kind", "a string", "transient"],
  ])("%s", async (_name, thrown, expected) => {
    expect(await askWith(() => Promise.reject(thrown))).toEqual({ ok: false, failure: { class: expected } });
  });

  it("an empty token", async () => {
    expect(await askWith(async () => "")).toEqual({ ok: false, failure: { class: "auth" } });
  });
});
