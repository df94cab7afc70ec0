import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Event, Run } from "../client/answers.ts";
import type { Session } from "../client/connect.ts";

/** What a scenario plays on: the real app, a real client of it, and an empty folder. */
export interface Stage {
  readonly session: Session;
  readonly folder: string;
  /** Names and sizes of all blobs, as they lie in storage. */
  readonly listBlobs: () => Promise<readonly string[]>;
  /** A step of the story, with the time. */
  readonly say: (text: string) => void;
  /** What is shown for it. */
  readonly show: (text: string) => void;
}

export interface Scenario {
  /** What it shows, on one line. */
  readonly title: string;
  /** Looks, before anything is started, whether it can be played. @throws StartError with a line for people */
  readonly check?: () => Promise<void>;
  /** Settings of the app. */
  readonly settings: (folder: string) => Readonly<Record<string, string>>;
  /** @throws Error when the story does not go as it should */
  readonly play: (stage: Stage) => Promise<void>;
}

const runLimitSeconds = 45;

/** Asks for the newest run of a schedule until it has ended, and says each change of its state. */
export async function waitForPlannedRun({ session, say }: Stage, scheduleId: string): Promise<Run> {
  let state = "planned; the timer will find it";
  say(`The run is ${state}.`);
  for (let polls = 0; polls < runLimitSeconds * 2; polls++) {
    const [newest] = (await session.call("list_runs", { schedule_id: scheduleId })).runs;
    if (newest !== undefined && newest.state !== state) {
      state = newest.state;
      say(`The run is ${state === "queued" ? "queued; its message becomes visible at the planned second" : state}.`);
    }
    if (newest?.state === "ended") return newest;
    await sleep(500);
  }
  throw new Error(`The run had not ended after ${runLimitSeconds} s.`);
}

/** Runs a schedule now and waits until the run has ended or needs a person. */
export async function runNow({ session, say }: Stage, scheduleId: string): Promise<Answer<"get_run">> {
  const { summary, runs } = await session.call("trigger_schedule", { id: scheduleId });
  say(`trigger_schedule answers: ${summary}`);
  const [run] = runs;
  if (run === undefined) throw new Error("trigger_schedule opened no run.");
  return waitForRun(session, run.id);
}

/** Waits on the server's side until a run has ended or needs a person. */
export async function waitForRun(session: Session, id: string): Promise<Answer<"get_run">> {
  for (let waits = 0; waits < 3; waits++) {
    const answer = await session.call("get_run", { id, wait_seconds: 25 });
    if (answer.run.state === "ended" || answer.approval !== undefined) return answer;
  }
  throw new Error("The run had not ended after 75 s.");
}

export async function eventsOf(session: Session, { conversation_id: id }: Run): Promise<readonly Event[]> {
  return (await session.call("get_conversation", { id, limit: 200 })).events;
}

/** @throws Error when the story has not gone as it should */
export function expectThat(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`It did not go as it should; see above. Expected: ${what}.`);
}
