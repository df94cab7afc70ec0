import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { startScheduler } from "../../../tests/support/scheduler/scheduler.ts";
import type { RunningScheduler } from "../../../tests/support/scheduler/service.ts";
import { StartError } from "../../development-host/start-error.ts";
import { isFree } from "../../is-free.ts";
import { expectThat, type Scenario, type Stage, waitForRun } from "../scenario.ts";

const port = Number(process.env.SCHEDULER_PORT || 5146);
const account = { clientId: "demo-client", apiKey: "demo-key" };
const graceSeconds = 5;
const prompt = "What counts as a critical ticket? Look into the knowledge base.";

/** The story goes on while the app waits for the slots. What is nearer than ten seconds is not armed. */
const secondsAhead = { "Called back": 16, "Left alone": 18, "Not wanted": 3600 };

export const scheduler: Scenario = {
  title: "a Scheduler service calls back at the slots; the timer stands in for it where it does not",
  async check() {
    if (await isFree(port)) return;
    const command = `SCHEDULER_PORT=${port + 1} npm run demo -- --scenario scheduler`;
    throw new StartError(`Port ${port} is in use. Stop the other process or choose another port: ${command}`);
  },
  settings: () => ({
    SCHEDULER_URL: `http://127.0.0.1:${port}`,
    SCHEDULER_CLIENT_ID: account.clientId,
    SCHEDULER_API_KEY: account.apiKey,
    SCHEDULER_CALLBACK_KEY: randomBytes(32).toString("base64url"),
    SCHEDULER_GRACE_SECONDS: String(graceSeconds),
    // The app warns its operator when a callback does not come; here that is a part of the story.
    LOG_LEVEL: "error",
  }),
  async play(stage) {
    const { say, show } = stage;
    await using service = await startScheduler({ port, ...account });
    say(`A Scheduler listens on port ${port}: a stand-in that answers as the real service was seen to answer.`);
    say("SCHEDULER_URL names it, so that the app has its slots armed there. Its own timer goes on as the safety net.");
    const ids = await scheduleAll(stage);
    service.bend({ callback: ({ text }) => (text.includes(ids["Left alone"]) ? "lose" : "send") });
    await showArming(stage, service, ids);
    await showCancelling(stage, service, ids["Not wanted"]);
    await showCallback(stage, service, ids["Called back"]);
    await showRepeat(stage, service, ids["Called back"]);
    await showGrace(stage, service, ids["Left alone"]);
    show("Armed there, called back here, run once: and where nobody calls, the timer does. See docs/scheduler.md.");
  },
};

type Name = keyof typeof secondsAhead;
type Ids = Readonly<Record<Name, string>>;

async function scheduleAll({ session, say }: Stage): Promise<Ids> {
  const now = Math.ceil(Date.now() / 1000) * 1000;
  const ids: Partial<Record<Name, string>> = {};
  for (const name of Object.keys(secondsAhead) as Name[]) {
    const run_at = new Date(now + secondsAhead[name] * 1000).toISOString();
    const scheduled = await session.call("schedule_conversation", { name, prompt, run_at });
    say(`schedule_conversation answers: ${scheduled.summary}`);
    ids[name] = scheduled.schedule_id;
  }
  return ids as Ids;
}

async function showArming({ say, show }: Stage, service: RunningScheduler, ids: Ids): Promise<void> {
  say("None of these calls has waited for the Scheduler: messages in the queue ask the app to arm the three slots.");
  await until("three armed slots", () => service.conversations.length === 3);
  say("All three are armed. What has come in over there: one sign-in, the search for a way to speak, three slots:");
  show(
    service.requests.map(({ method, path, body }) => `      ${method} ${path} ${toolIn(body)}`.trimEnd()).join("\n"),
  );
  const armed = armedFor(service, ids["Called back"]);
  say('What the Scheduler keeps for "Called back", and would show to whoever reads its logs:');
  show(
    indented(
      `time     ${armed.scheduledTime.seconds}Z\naddress  ${shortened(armed.target.endpoint)}\ntext     ${armed.text}`,
    ),
  );
  say("No prompt and no key is in it. The signature in the address proves this one slot, and nothing else.");
  const signIns = service.requests.filter(({ path }) => path === "/api/auth/token");
  expectThat(signIns.length === 1, "one token for all calls");
}

async function showCancelling({ session, say }: Stage, service: RunningScheduler, id: string): Promise<void> {
  say(`delete_schedule answers: ${(await session.call("delete_schedule", { id })).summary}`);
  await until("a cancelled slot", () => armedFor(service, id).status === "Cancelled");
  say('Its slot is cancelled over there, too. Now wait for the slot of "Called back" ...');
}

async function showCallback(stage: Stage, service: RunningScheduler, id: string): Promise<void> {
  const { say } = stage;
  await until("the callback", () => armedFor(service, id).status === "Completed");
  say("The Scheduler has posted the callback at the slot, and the app has said 202: it is in storage.");
  await showRun(stage, id, "scheduler");
}

async function showRepeat({ session, say, show }: Stage, service: RunningScheduler, id: string): Promise<void> {
  const { url, body } = service.callbacks[0] ?? { url: "", body: "" };
  say("Now the same callback comes a second time, and once more with a signature that somebody has made up:");
  const repeated = await post(url, body);
  const forged = await post(url.replace(/sig=[^&]+/, "sig=made-up"), body);
  show(indented(`${repeated}\n${forged}`));
  const { runs } = await session.call("list_runs", { schedule_id: id });
  say(`list_runs still shows ${runs.length} run.`);
  expectThat(repeated.includes('"duplicate":true') && runs.length === 1, "a repeat that changes nothing");
  expectThat(forged.startsWith("401"), "a forged callback that is refused");
}

async function post(url: string, body: string): Promise<string> {
  const response = await fetch(url, { method: "POST", body });
  return `${response.status} ${await response.text()}`;
}

async function showGrace(stage: Stage, service: RunningScheduler, id: string): Promise<void> {
  const { say } = stage;
  say('The slot of "Left alone" comes next. The Scheduler loses its job and posts nothing, as after a crash.');
  say(`The timer waits ${graceSeconds} seconds for the callback (SCHEDULER_GRACE_SECONDS, 90 by default) ...`);
  await showRun(stage, id, "timer");
  await until("a cancelled slot", () => armedFor(service, id).status === "Cancelled");
  say("The operator finds it as alarm.no_callback in the log, and the slot is cancelled over there.");
}

async function showRun({ session, say }: Stage, id: string, alarm: string): Promise<void> {
  const found = await until("a run", async () => (await session.call("list_runs", { schedule_id: id })).runs[0]);
  const { run } = await waitForRun(session, found.id);
  say(`The run has ended. Outcome: ${run.outcome}, alarm: ${run.alarm}.`);
  expectThat(run.outcome === "succeeded" && run.alarm === alarm, `a run that the ${alarm} has begun`);
}

function armedFor(service: RunningScheduler, id: string) {
  const armed = service.conversations.find(({ text }) => text.includes(id));
  if (armed === undefined) throw new Error(`Nothing is armed for ${id}.`);
  return armed;
}

/** The name of the tool that a request calls. */
const toolIn = (body: string): string => /"name":"(\w+)","arguments"/.exec(body)?.[1] ?? "";

const shortened = (address: string): string => address.replace(/(?<=sig=.{6})[^&]+/, "...");

const indented = (text: string): string => text.replace(/^/gm, "      ");

const limitSeconds = 40;

async function until<Found>(what: string, look: () => Found | Promise<Found>): Promise<NonNullable<Found>> {
  for (let looks = 0; looks < limitSeconds * 5; looks++) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    await sleep(200);
  }
  throw new Error(`Waited ${limitSeconds} s in vain for ${what}.`);
}
