import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connectModern } from "../support/mcp-session.ts";
import { type ScriptedOpenAi, startScriptedOpenAi } from "../support/scripted-openai.ts";
import { waitFor } from "../support/wait-for.ts";
import { createDice } from "../support/world-dice.ts";
import { type AskedCall, type Evidence, type ExpectedSchedule, findViolations } from "./kill-checks.ts";
import { type Hosts, startHosts } from "./kill-hosts.ts";
import { answerFor, type PlannedSchedule, planSchedules, promptFor, readAsked } from "./kill-plan.ts";
import { failureText, figuresOf, type KillFigures } from "./kill-report.ts";
import { openStored } from "./kill-storage.ts";

export interface KillTest {
  readonly seed: number;
  readonly runs: number;
  readonly hosts: number;
  readonly connectionString: string;
  /** Folder with the built app. */
  readonly appDirectory: string;
  /** Slots are spread over so many seconds; hosts are killed until the last of them. */
  readonly spreadSeconds?: number;
  /** Between two kills pass 1 second to this many. */
  readonly killWithinSeconds?: number;
  readonly report: (line: string) => void;
}

/**
 * Kills real processes at random moments while scheduled conversations run on them, and then looks at what storage
 * and the model saw. Storage itself is never killed: Azurite loses writes that it has acknowledged. The seed decides
 * the schedules, the model's answers and the pauses between kills; what a kill meets is chance.
 *
 * @throws Error that tells the whole story when anything was lost, done twice or left behind
 */
export async function runKillTest(test: KillTest): Promise<KillFigures> {
  const { seed, runs, report, spreadSeconds = runs * 1.5 } = test;
  const calls: AskedCall[] = [];
  const model = await startModel(seed, calls);
  const container = `kill-${randomUUID()}`;
  const hosts = await startHosts(test.hosts, startOf(test, container, model), createDice(seed + 1));
  const over = new AbortController();
  try {
    const startedAt = Date.now();
    const planned = planSchedules(seed, runs, spreadSeconds);
    report(`Seed ${seed}: ${runs} runs of ${planned.length} schedules on ${test.hosts} hosts.`);
    const killing = killAtRandom(test, hosts, lastSlotSeconds(planned), over.signal);
    const [expected] = await Promise.all([schedule(planned, hosts, startedAt), killing]);
    report(`${killsOf(hosts).length} kills; the last slot is past, what is open ends now.`);
    const stored = openStored(test.connectionString, container);
    const left = await letEnd(test, stored, expected);
    const contents = await stored.read(expected.map(({ id }) => id));
    const evidence: Evidence = { expected, stored: contents, calls, kills: killsOf(hosts), ...left };
    const violations = findViolations(evidence);
    if (violations.length > 0) throw new Error(failureText(seed, violations, evidence, hosts.lives));
    return figuresOf(evidence, (Date.now() - startedAt) / 1000);
  } finally {
    over.abort();
    await hosts.stop();
    await model.close();
  }
}

const startModel = (seed: number, calls: AskedCall[]): Promise<ScriptedOpenAi> =>
  startScriptedOpenAi(async (call) => {
    const asked = readAsked(call);
    calls.push({ ...asked, messages: call.messages });
    const { delayMs, reply } = answerFor(seed, asked);
    await sleep(delayMs);
    return reply;
  });

/**
 * How long the development host hides a message that it works on: longer than a lease and a half, after which a spare
 * message recovers a run. The real host's ten minutes would only make the test wait for its end.
 */
const hideSeconds = 45;

const startOf = ({ appDirectory, connectionString }: KillTest, container: string, model: ScriptedOpenAi) => ({
  appDirectory,
  settings: {
    AzureWebJobsStorage: connectionString,
    STORAGE_CONTAINER: container,
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    DEVELOPMENT_HOST_HIDE_SECONDS: String(hideSeconds),
    MCP_AUTH: "none",
    MODEL_PROVIDER: "openai",
    OPENAI_BASE_URL: model.url,
    OPENAI_MODEL: "scripted",
    RUN_LEASE_SECONDS: "15",
    TICK_SECONDS: "5",
  },
});

const lastSlotSeconds = (planned: readonly PlannedSchedule[]): number =>
  Math.max(...planned.map(({ firstSlotSeconds, slots }) => firstSlotSeconds + (slots - 1) * 60));

async function killAtRandom(test: KillTest, hosts: Hosts, seconds: number, over: AbortSignal): Promise<void> {
  const { seed, killWithinSeconds = 12, report } = test;
  const dice = createDice(seed + 2);
  const endsAt = Date.now() + seconds * 1000;
  for (;;) {
    await sleep(1000 + dice.below((killWithinSeconds - 1) * 1000), undefined, { signal: over }).catch(() => undefined);
    if (over.aborted || Date.now() > endsAt) return;
    await hosts.killOne();
    const kills = killsOf(hosts).length;
    if (kills % 10 === 0) report(`${kills} kills so far.`);
  }
}

const killsOf = ({ lives }: Hosts): number[] => lives.flatMap(({ killedAt }) => killedAt ?? []);

/** Asks for every schedule at its moment, of any host. Resolves when the last slot has come. */
async function schedule(planned: readonly PlannedSchedule[], hosts: Hosts, startedAt: number) {
  const base = Math.ceil(startedAt / 1000) * 1000;
  const expected = await Promise.all(
    planned.map(async (one): Promise<ExpectedSchedule> => {
      await sleepUntil(base + one.askedSeconds * 1000);
      const slots = Array.from({ length: one.slots }, (_, slot) => base + (one.firstSlotSeconds + slot * 60) * 1000);
      return { id: await ask(one, slots, hosts), name: one.name, slots };
    }),
  );
  await sleepUntil(Math.max(...expected.flatMap(({ slots }) => slots)));
  return expected;
}

/** Like a client that meets a dead host: it asks again, with the same idempotency key. */
async function ask(planned: PlannedSchedule, slots: readonly number[], hosts: Hosts): Promise<string> {
  const input = inputOf(planned, slots);
  let failure: unknown;
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      const session = await connectModern(hosts.anyUrl());
      const { schedule_id: id } = await session.call("schedule_conversation", input);
      await session.close();
      return String(id);
    } catch (thrown) {
      failure = thrown;
      await sleep(200);
    }
  }
  throw new Error(`${planned.name} could not be scheduled.`, { cause: failure });
}

function inputOf({ name, conversation }: PlannedSchedule, slots: readonly number[]) {
  const [first = 0] = slots;
  const iso = (time: number) => new Date(time).toISOString();
  const times =
    slots.length === 1
      ? { run_at: iso(first) }
      : // A run that waits for its recovery must not make the next one be skipped.
        { every_minutes: 1, policies: { start_at: iso(first), end_at: iso(slots.at(-1) ?? 0), overlap: "buffer_one" } };
  return { name, prompt: promptFor(name), conversation, idempotency_key: name, ...times };
}

const sleepUntil = (time: number) => sleep(Math.max(0, time - Date.now()));

/** A run that lost its worker at its end, twice, and waits for a minute because somebody seemed to work on it. */
const settleSeconds = 180;

/** Nobody is killed any more: waits for the runs, then for markers and for messages about runs that have ended. */
async function letEnd(
  { report }: KillTest,
  stored: ReturnType<typeof openStored>,
  expected: readonly ExpectedSchedule[],
) {
  const open = new Set(expected.map(({ id }) => id));
  await until(settleSeconds, async () => {
    for (const id of open) {
      if (!(await stored.isCompleted(id))) return false;
      open.delete(id);
    }
    return true;
  });
  report(open.size === 0 ? "Every schedule is completed." : `${open.size} schedules are not completed.`);
  let left = { leftMarkers: [] as string[], leftMessages: 0 };
  await until(settleSeconds, async () => {
    left = { leftMarkers: await stored.dueMarkers(), leftMessages: await stored.countMessages() };
    return left.leftMarkers.length === 0 && left.leftMessages === 0;
  });
  return left;
}

/** A condition that never comes true is for the checks to tell about, not a reason to stop here. */
const until = (limitSeconds: number, condition: () => Promise<boolean>): Promise<unknown> =>
  waitFor(async () => (await condition()) || sleep(1000, false), "the end of everything", limitSeconds).catch(
    (reason: unknown) => reason,
  );
