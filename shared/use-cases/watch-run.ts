import type { LoggedEvent } from "../conversations/events.ts";
import { foldRun } from "../conversations/fold.ts";
import { secondMs } from "../kernel/clock.ts";
import { damageIn } from "../kernel/damage.ts";
import type { Ports } from "../protocol/ports.ts";
import { newsIn, stateInWords } from "../runs/news.ts";
import { hasEnded, type Run, runId } from "../runs/run.ts";

/** Who waits. Progress is told in words; absent when nobody listens. */
export interface Waiting {
  readonly signal: AbortSignal;
  readonly progress?: ((words: string) => Promise<void>) | undefined;
}

/** Nobody waits any longer than that between two looks, and at the beginning not half as long. */
const shortestPauseMs = secondMs / 2;
const longestPauseMs = 2 * secondMs;

/**
 * The run once it has ended or waits for a person, or as it is when `limitMs` is over or the caller has gone. One storage
 * call for each look: two a second at first, one every two seconds later.
 */
export async function waitForRun(
  ports: Ports,
  first: Run,
  limitMs: number,
  signal: AbortSignal,
  onLook?: (run: Run) => Promise<void>,
): Promise<Run> {
  const endsAt = ports.clock.monotonic() + limitMs;
  let run = first;
  let pauseMs = shortestPauseMs;
  while (isGoingOn(run) && !signal.aborted) {
    const leftMs = endsAt - ports.clock.monotonic();
    if (leftMs <= 0) break;
    await onLook?.(run);
    await ports.sleep(Math.min(pauseMs, leftMs), signal);
    pauseMs = Math.min(pauseMs * 1.1, longestPauseMs);
    run = (await ports.runs.read(run))?.value ?? run;
  }
  return run;
}

export interface Watched {
  readonly run: Run;
  /** The whole answer of a run that has ended; empty when it gave none. */
  readonly answer: string;
}

/**
 * Waits for a run like `waitForRun` and tells meanwhile what it does. One storage call more for each look when somebody
 * listens, and one or two for the answer; every ten seconds one for the lease.
 * @param segment of the conversation, in which the run has begun or an earlier one
 */
export async function watchRun(
  ports: Ports,
  first: Run,
  segment: number,
  limitMs: number,
  { signal, progress }: Waiting,
): Promise<Watched> {
  const log = followLog(ports, first, segment);
  const tell = progress && createTeller(ports, progress);
  const isHeld = watchHold(ports);
  const run = await waitForRun(ports, first, limitMs, signal, async (current) => {
    if (tell === undefined) return;
    const news = (await log.readOn()).flatMap((event) => newsIn(event) ?? []);
    await tell(news.length > 0 ? news : [stateInWords(current, await isHeld(current))]);
  });
  if (!hasEnded(run)) return { run, answer: "" };
  await log.readOn();
  return { run, answer: foldRun(log.events(), runId(run)).answer || (run.answer ?? "") };
}

const isGoingOn = ({ state }: Run): boolean => state === "queued" || state === "running";

/** Clients that hear nothing for long believe that nobody is there. */
const longestSilenceMs = 10 * secondMs;

/** Says what is new at once, and what is known already again after a while. */
function createTeller({ clock }: Ports, progress: (words: string) => Promise<void>) {
  const startedAt = clock.monotonic();
  let last = "";
  let saidAt = startedAt;
  return async (news: readonly string[]): Promise<void> => {
    for (const words of news) {
      const now = clock.monotonic();
      const isNew = words !== last;
      if (!isNew && now - saidAt < longestSilenceMs) continue;
      [last, saidAt] = [words, now];
      await progress(isNew ? words : `${words} (${Math.round((now - startedAt) / secondMs)} s)`);
    }
  };
}

/** Whether a worker has hold of a running run's conversation, looked at every ten seconds. */
function watchHold({ clock, log }: Ports): (run: Run) => Promise<boolean> {
  let [isHeld, lookedAt] = [true, clock.monotonic()];
  return async ({ state, conversationId }) => {
    const now = clock.monotonic();
    const mustLook = state === "running" && now - lookedAt >= longestSilenceMs;
    if (mustLook) [isHeld, lookedAt] = [await log.isHeld(conversationId), now];
    return isHeld;
  };
}

/** The events of one run, read on from where the last look has ended. A damaged log tells nothing. */
function followLog({ log }: Ports, { conversationId, ...run }: Run, from: number) {
  const id = runId(run);
  const known: LoggedEvent[] = [];
  let [segment, position] = [from, 0];

  async function readOn(): Promise<readonly LoggedEvent[]> {
    const fresh: LoggedEvent[] = [];
    for (;;) {
      const tail = await log.readTail(conversationId, segment, position).catch(ignoreDamage);
      if (tail === undefined) break;
      fresh.push(...tail.events.filter((event) => "run" in event && event.run === id));
      position = tail.position;
      if (tail.events.at(-1)?.type !== "sealed") break;
      [segment, position] = [segment + 1, 0];
    }
    known.push(...fresh);
    return fresh;
  }

  return { readOn, events: (): readonly LoggedEvent[] => known };
}

function ignoreDamage(thrown: unknown): undefined {
  if (damageIn(thrown) === undefined) throw thrown;
}
