import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { dueEnvelope } from "../../shared/alarm/callback-envelope.ts";
import { signedCallbackUrl } from "../../shared/alarm/callback-url.ts";
import { counted } from "../../shared/kernel/counted.ts";
import type { Deployment } from "./deployment.ts";
import { CheckFailed } from "./run-checks.ts";

/** Far enough that the plan is stored, near enough that nobody waits long. */
const secondsAhead = 10;
/** A timer of one minute, an app that has to wake up, and a model that thinks. */
const runLimitSeconds = 240;
const httpLimitMs = 15_000;
const prompt = "This is a smoke test of the installation. Answer with one short sentence.";

const live = z.object({ status: z.literal("alive"), service_version: z.string() });
const ready = z.object({
  status: z.enum(["ready", "not_ready"]),
  dependencies: z.record(z.string(), z.object({ status: z.string(), error: z.string().optional() })),
});

export async function checkLive(deployment: Deployment): Promise<string> {
  const { status, json } = await get(deployment, "health/live");
  const { success, data } = live.safeParse(json);
  if (status !== 200 || !success) throw notOurs(deployment.at("health/live"), status);
  return `version ${data.service_version}`;
}

export async function checkReady(deployment: Deployment): Promise<string> {
  const { status, json } = await get(deployment, "health/ready");
  const { success, data } = ready.safeParse(json);
  if (!success) throw notOurs(deployment.at("health/ready"), status);
  const words = Object.entries(data.dependencies).map(
    ([name, { status: state, error }]) => `${name} ${state}${error === undefined ? "" : ` (${error})`}`,
  );
  if (status !== 200 || data.status !== "ready") {
    throw new CheckFailed(
      `The app is not ready: ${words.join(", ")}. docs/operations.md says what each of them means.`,
    );
  }
  return words.join(", ");
}

const needed = [
  "schedule_conversation",
  "list_runs",
  "get_run",
  "get_conversation",
  "delete_schedule",
  "delete_conversation",
];

export async function checkCatalog(deployment: Deployment): Promise<string> {
  const { server, tools } = await deployment.session();
  const missing = needed.filter((name) => !tools.some((tool) => tool.name === name));
  if (missing.length > 0) {
    throw new CheckFailed(
      `The server has ${counted(tools.length, "tool")}, but not ${missing.join(", ")}. Do MCP_TOOLSETS or MCP_READ_ONLY leave them out?`,
    );
  }
  return `${counted(tools.length, "tool")} of ${server}`;
}

export async function checkSchedule({ session, made }: Deployment): Promise<string> {
  const slot = Math.ceil(Date.now() / 1000) * 1000 + secondsAhead * 1000;
  const { schedule_id, summary } = await (await session()).call("schedule_conversation", {
    name: "Smoke test",
    prompt,
    run_at: new Date(slot).toISOString(),
  });
  made.slot = slot;
  made.scheduleId = schedule_id;
  return summary;
}

/** At the slot, signed as the external Scheduler's would be; without the key, that nobody else's is taken. */
export async function checkCallback(deployment: Deployment): Promise<string> {
  const { scheduleId = "", slot = 0 } = deployment.made;
  const body = dueEnvelope({ scheduleId, slot });
  const stranger = await post(deployment.at("scheduler/callback"), body);
  if (stranger !== 401) {
    throw new CheckFailed(`A callback that proves nothing was answered with HTTP ${stranger}, and not with 401.`);
  }
  if (deployment.callbackKey === undefined) return "a stranger's is refused; SCHEDULER_CALLBACK_KEY tests a signed one";
  const signed = new URL(signedCallbackUrl(deployment.at("").href, { scheduleId, slot }, deployment.callbackKey));
  let status = await post(signed, body);
  // 409: by the clock of the app's storage the slot is not there yet.
  for (let tries = 0; status === 409 && tries < secondsAhead + 15; tries++) {
    await sleep(1000);
    status = await post(signed, body);
  }
  if (status === 202 || status === 200) return "a stranger's is refused, a signed one is taken";
  if (status === 401) {
    throw new CheckFailed(
      "A signed callback was refused. Is SCHEDULER_CALLBACK_KEY the app's key, and url one of its SCHEDULER_PROOFS?",
    );
  }
  throw new CheckFailed(`A signed callback was answered with HTTP ${status}.`);
}

export async function checkFire({ session, made }: Deployment): Promise<string> {
  const { scheduleId = "", slot = 0 } = made;
  const client = await session();
  for (const limit = Date.now() + runLimitSeconds * 1000; Date.now() < limit; await sleep(1000)) {
    const [newest] = (await client.call("list_runs", { schedule_id: scheduleId })).runs;
    if (newest === undefined) continue;
    made.conversationId = newest.conversation_id;
    const { run, summary } = await client.call("get_run", { id: newest.id, wait_seconds: 25 });
    if (run.state !== "ended") continue;
    if (run.outcome !== "succeeded") throw new CheckFailed(`${summary} diagnose_run explains it.`);
    return `${run.outcome} ${Math.round((Date.now() - slot) / 1000)} s after the slot, woken by the ${run.alarm ?? "timer"}`;
  }
  throw new CheckFailed(
    `The run had not ended ${runLimitSeconds} s after its slot. Does the timer tick (/health/ready), does the queue's function run?`,
  );
}

export async function checkTranscript({ session, made }: Deployment): Promise<string> {
  const { events } = await (await session()).call("get_conversation", { id: made.conversationId ?? "", limit: 200 });
  const isAsked = events.some(({ type, text }) => type === "user" && text?.includes(prompt));
  const answer = events.findLast(({ type, text = "" }) => type === "assistant" && text !== "")?.text;
  if (!isAsked || answer === undefined) throw new CheckFailed("The transcript lacks the prompt or the answer.");
  return `${counted(events.length, "event")}, the answer has ${counted(answer.length, "character")}`;
}

/** What was made is removed, whatever failed before. */
export async function checkCleanUp({ session, made }: Deployment): Promise<string> {
  const { scheduleId, conversationId } = made;
  if (scheduleId === undefined) return "nothing was made";
  const client = await session();
  await client.call("delete_schedule", { id: scheduleId });
  if (conversationId !== undefined) await client.callAny("delete_conversation", { id: conversationId });
  const { schedules } = await client.call("list_schedules", { query: "Smoke test" });
  if (schedules.some(({ id }) => id === scheduleId))
    throw new CheckFailed(`The schedule ${scheduleId} is still there.`);
  return conversationId === undefined ? "the schedule is gone" : "the schedule and its conversation are gone";
}

async function get(deployment: Deployment, path: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(deployment.at(path), { signal: AbortSignal.timeout(httpLimitMs), redirect: "manual" });
  return { status: response.status, json: await response.json().catch(() => undefined) };
}

async function post(url: URL, body: string): Promise<number> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, {
    method: "POST",
    body,
    headers,
    signal: AbortSignal.timeout(httpLimitMs),
    redirect: "manual",
  });
  await response.body?.cancel();
  return response.status;
}

const notOurs = (url: URL, status: number): CheckFailed =>
  new CheckFailed(`${url.href} answered with HTTP ${status}, and not as this app does. Is the address right?`);
