import type { ConversationEvent } from "../conversations/events.ts";
import { foldRun, type RunProgress } from "../conversations/fold.ts";
import { secondMs } from "../kernel/clock.ts";
import type { Span } from "../kernel/telemetry.ts";
import type { Model } from "../model/model.ts";
import { type TokensLeft, tokensLeft } from "../runs/budget.ts";
import { hasEnded, runId } from "../runs/run.ts";
import type { Tool, Toolbox } from "../tools/toolbox.ts";
import { renewEveryMs } from "./hold-while.ts";
import type { RunSession, SessionEnd } from "./run-session.ts";

export interface Engine {
  readonly model: Model;
  readonly toolbox: Toolbox;
  /** True once this process is to stop: runs end their slice at the next safe point. */
  readonly isStopping: () => boolean;
}

/** A body of new events without the fields that every event has. */
export type NewEvent = ConversationEvent extends infer Event
  ? Event extends ConversationEvent
    ? Omit<Event, "v" | "id" | "time" | "run" | "step">
    : never
  : never;

export interface Work {
  readonly session: RunSession;
  readonly engine: Engine;
  readonly tools: readonly Tool[];
  /** Written together with the first append of the run: nobody needs them before. */
  unwritten: readonly ConversationEvent[];
  /** Monotonic time at which it was last made sure between two calls that nobody has ended the run. */
  lookedAt: number;
  /** Of the run, while this worker has it. */
  readonly span: Span;
}

/** The log and what is about to be written to it. */
export const eventsOf = ({ session, unwritten }: Work) => [...session.writer.events(), ...unwritten];

/** Appends new events of the run. false: the conversation is no longer ours. */
export async function append(work: Work, bodies: readonly NewEvent[]): Promise<boolean> {
  const { session } = work;
  if (!(await session.writer.holds())) return false;
  let step = foldRun(eventsOf(work), runId(session.reference)).nextStep;
  const events = bodies.map((body) => eventOf(session, body, step++));
  const isWritten = await session.writer.append([...work.unwritten, ...events]);
  if (isWritten) work.unwritten = [];
  return isWritten;
}

export function eventOf({ ports, reference }: RunSession, body: NewEvent, step: number): ConversationEvent {
  // The union of bodies and the common fields make the union of events; the compiler does not distribute a spread.
  return {
    ...body,
    v: 1,
    id: ports.ids.unique(),
    time: ports.clock.now(),
    run: runId(reference),
    step,
  } as ConversationEvent;
}

/** What is left of the time that one attempt may take, in milliseconds. */
export function leftMs({ session }: Work): number {
  const { ports, record, schedule } = session;
  const startedAt = record.value.attemptStartedAt ?? ports.clock.now();
  return startedAt + schedule.value.definition.policies.timeoutSeconds * secondMs - ports.clock.now();
}

/** What is left of the tokens that the run may spend. */
export const leftTokens = ({ session }: Work, { promptTokens, completionTokens }: RunProgress): TokensLeft =>
  tokensLeft(session.schedule.value, promptTokens + completionTokens, session.ports.clock.now());

/** The slice is over or the process is to stop: begin nothing more and let another worker go on. */
export function mustSuspend({ session, engine }: Work): boolean {
  const { ports, startedAt } = session;
  return ports.clock.monotonic() - startedAt >= ports.settings.sliceMs || engine.isStopping();
}

/**
 * Whether somebody has ended the run. Long calls look at each renewal of the lease; this is for a run of many short
 * ones, which would go on to its commit. One storage call every 20 seconds.
 */
export async function wasEnded(work: Work): Promise<boolean> {
  const { ports, reference } = work.session;
  const now = ports.clock.monotonic();
  if (now - work.lookedAt < renewEveryMs(ports)) return false;
  work.lookedAt = now;
  const current = await ports.runs.read(reference);
  return current === undefined || hasEnded(current.value);
}

/** Somebody has ended the run; what follows is decided by reading again. */
export async function stopEnded(session: RunSession): Promise<SessionEnd> {
  await session.writer.release();
  return "again";
}
