import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createVault } from "../../shared/azure/vault.ts";
import { createBackend } from "../../shared/backend/backend.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import type { Targets } from "../../shared/resilience/targets.ts";
import { schedulerLimits } from "../../shared/scheduler/limits.ts";
import { ask } from "../openai/recording.ts";
import { createClient, isCall, slotOf } from "../scheduler/scheduler-client.ts";
import { startKeyVault, type VaultTrouble } from "../support/key-vault.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";

/** What the other side does, to every request. */
export type Trouble = number | "down" | "slow" | "cut" | "garbage" | "redirect";

/** What came of it, read from the dependency that had it. */
export interface Effect {
  /** Of the failure, for callers and for health. */
  readonly code: string;
  /** Five of them open the breaker. */
  readonly counts: boolean;
  readonly health: string;
}

/** Nobody waits long for what never comes; everything else comes in time on the busiest machine. */
const limitFor = (trouble: Trouble): number => (trouble === "slow" ? 60 : 5000);

const silent = { record: () => undefined };

export async function backendIn(trouble: Trouble): Promise<Effect> {
  await using server = await startTrouble(trouble);
  const targets = createQuietTargets();
  const backend = createBackend({ url: server.url, timeoutMs: limitFor(trouble), token: async () => "token", targets });
  const signal = new AbortController().signal;
  return await effectOn(targets, () => backend.query("orders", {}, 10, signal).then(() => "none", codeIn));
}

export async function modelIn(trouble: Trouble): Promise<Effect> {
  await using server = await startTrouble(trouble);
  const targets = createQuietTargets();
  const client = createOpenAiCompatibleClient({ baseUrl: server.url }).withOptions({ timeout: limitFor(trouble) });
  const model = createOpenAiModel({ client, defaultModel: "m", events: silent, targets });
  return await effectOn(targets, async () => {
    const { ok } = await model.complete(ask("hello"));
    // A run is told a class of failures; the code is what health and telemetry get.
    return ok ? "none" : (targets.all()[0]?.health().error ?? "VALIDATION_ERROR");
  });
}

export async function schedulerIn(trouble: Trouble): Promise<Effect> {
  await using server = await startTrouble(trouble);
  await using scheduler = await startScheduler();
  const targets = createQuietTargets();
  const retry = { ...schedulerLimits.retry, attempts: 1 };
  await using client = createClient(scheduler, { limits: { retry }, targets });
  await client.alarm.arm(slotOf("first"));
  retry.attemptMs = limitFor(trouble);
  scheduler.bend({ before: (request) => (isCall(request) ? forward(server.url) : undefined) });
  return await effectOn(targets, () => client.alarm.arm(slotOf("daily")).then(() => "none", codeIn));
}

export async function vaultIn(trouble: Trouble): Promise<Effect> {
  // A secret that fails is left alone for a while by itself: each call is for another one.
  const names = ["A", "B", "C", "D", "E"];
  await using keyVault = await startKeyVault(Object.fromEntries(names.map((name) => [name, "value"])));
  keyVault.fail(vaultTroubles[trouble] ?? { status: Number(trouble) });
  const targets = createQuietTargets();
  const vault = createVault({ vaultUrl: keyVault.url }, keyVault.open, {
    events: silent,
    targets,
    monotonic: performance.now.bind(performance),
    limitMs: limitFor(trouble),
  });
  const effect = await effectOn(targets, () => vault.read(names.shift() ?? "").then(() => "none", codeIn));
  return { ...effect, health: vault.health().state };
}

const vaultTroubles: Readonly<Partial<Record<Trouble, VaultTrouble>>> = {
  slow: "hang",
  garbage: "garbage",
  redirect: { status: 307, headers: { location: "https://elsewhere.contoso.example/" } },
};

const codeIn = (thrown: unknown): string => (thrown instanceof AppError ? thrown.code : "not ours");

/** Five calls in a row. */
async function effectOn(targets: Targets, call: () => Promise<string>): Promise<Effect> {
  const code = await call();
  const health = targets.all()[0]?.health().state ?? "no target";
  for (let times = 1; times < 5; times++) await call();
  return { code, counts: targets.all()[0]?.refusal() !== undefined, health };
}

/** What the trouble looks like through a server that only passes it on. */
async function forward(url: string): Promise<Response> {
  const { status, headers, body } = await fetch(url, { redirect: "manual" });
  return new Response(body, { status, headers });
}

async function startTrouble(trouble: Trouble) {
  const server = createServer((_request, response) => {
    if (trouble === "slow") return;
    if (trouble === "cut") return void response.destroy();
    if (trouble === "garbage") return void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Hello");
    if (trouble === "redirect") return void response.writeHead(307, { location: "https://contoso.example/" }).end();
    response.writeHead(Number(trouble), { "content-type": "application/json" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (trouble === "down") await stop(server);
  return { url, [Symbol.asyncDispose]: () => stop(server) };
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
