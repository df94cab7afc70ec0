import type { RunProgress } from "../conversations/fold.ts";
import { secondMs } from "../kernel/clock.ts";
import { firstBytes } from "../kernel/first-bytes.ts";
import type { NextCall } from "../runs/next-calls.ts";
import type { Tool, ToolAnswer } from "../tools/toolbox.ts";
import { holdWhile } from "./hold-while.ts";
import { leaveToOthers, type SessionEnd } from "./run-session.ts";
import { append, leftMs, mustSuspend, type NewEvent, stopEnded, type Work } from "./run-work.ts";

/** Calls of one turn that are made at the same time: few enough that one run does not crowd out a server's others. */
const callsAtOnce = 5;

/** A longer tool result is cut, with a note to the model. */
const maximumToolResultBytes = 64 * 1024;

/**
 * Makes these calls at the same time and writes their results with one append, in the order of the calls. Those that
 * a stop or the end of the slice keeps from beginning are left open. Answers how the session ends, or undefined when
 * the run goes on.
 */
export async function callTools(
  work: Work,
  progress: RunProgress,
  calls: readonly NextCall[],
): Promise<SessionEnd | undefined> {
  const { session } = work;
  if (!(await session.writer.holds())) return leaveToOthers(session);
  // Each call has its own limit, so the group as a whole needs none.
  const held = await holdWhile(session, Infinity, (signal) => answerAll(work, progress.turns, calls, signal));
  if (held.kind === "ended") return stopEnded(session);
  if (held.kind !== "done") return leaveToOthers(session);
  return (await append(work, held.value)) ? undefined : leaveToOthers(session);
}

async function answerAll(
  work: Work,
  turn: number,
  calls: readonly NextCall[],
  signal: AbortSignal,
): Promise<readonly NewEvent[]> {
  const results: NewEvent[] = [];
  let begun = 0;
  const mayBegin = () => begun === 0 || (!signal.aborted && !mustSuspend(work) && leftMs(work) > 0);
  async function answerSome(): Promise<void> {
    for (let next = calls[begun]; next !== undefined && mayBegin(); next = calls[begun]) {
      const place = begun++;
      results[place] = await answer(work, turn, next, signal);
    }
  }
  await Promise.all(Array.from({ length: Math.min(callsAtOnce, calls.length) }, answerSome));
  return results;
}

async function answer(work: Work, turn: number, next: NextCall, signal: AbortSignal): Promise<NewEvent> {
  const { clock } = work.session.ports;
  const startedAt = clock.monotonic();
  const { content, isError } =
    "refusal" in next ? failed(next.refusal) : await callWithinLimit(work, turn, next, signal);
  const { id, name } = next.call;
  const durationMs = Math.round(clock.monotonic() - startedAt);
  return { type: "tool_result", callId: id, name, content: cut(content), isError, durationMs };
}

/** A call that takes too long is told to stop and, when it does not, left behind. */
async function callWithinLimit(
  work: Work,
  turn: number,
  { call }: Extract<NextCall, { tool: Tool }>,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  const { ports, reference, schedule } = work.session;
  const limitMs = Math.min(leftMs(work), ports.settings.toolCallMs);
  const [tooLong, settled] = [new AbortController(), new AbortController()];
  const timeout = ports.sleep(limitMs, AbortSignal.any([signal, settled.signal])).then(() => {
    if (!settled.signal.aborted) tooLong.abort();
    return failed(`The tool ${call.name} gave no answer within ${Math.round(limitMs / secondMs)} seconds.`);
  });
  const answered = work.engine.toolbox.call({
    name: call.name,
    arguments: call.arguments,
    owner: schedule.value.owner,
    idempotencyKey: `${reference.scheduleId}:${reference.key}:${turn}.${call.index}`,
    signal: AbortSignal.any([signal, tooLong.signal]),
  });
  return Promise.race([answered, timeout]).finally(() => settled.abort());
}

const failed = (content: string): ToolAnswer => ({ content, isError: true });

function cut(content: string): string {
  const bytes = Buffer.byteLength(content);
  if (bytes <= maximumToolResultBytes) return content;
  const kept = firstBytes(content, maximumToolResultBytes);
  return `${kept}\n[cut: the result had ${bytes} bytes, ${maximumToolResultBytes} are kept]`;
}
