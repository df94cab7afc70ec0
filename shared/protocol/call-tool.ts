import type { OpenCall, RunProgress } from "../conversations/fold.ts";
import { secondMs } from "../kernel/clock.ts";
import { maximumToolCallsPerTurn } from "../runs/turn.ts";
import type { Tool, ToolAnswer } from "../tools/toolbox.ts";
import { holdWhile } from "./hold-while.ts";
import { leaveToOthers, type SessionEnd } from "./run-session.ts";
import { append, leftMs, type NewEvent, stopEnded, type Work } from "./run-work.ts";

/** A longer tool result is cut, with a note to the model. */
const maximumToolResultBytes = 64 * 1024;

/** One tool call and its record in the log. Answers how the session ends, or undefined when the run goes on. */
export async function callTool(
  work: Work,
  progress: RunProgress,
  call: OpenCall,
  isOverLimit: boolean,
): Promise<SessionEnd | undefined> {
  const { session } = work;
  if (!(await session.writer.holds())) return leaveToOthers(session);
  const startedAt = session.ports.clock.monotonic();
  const limitMs = Math.min(leftMs(work), session.ports.settings.toolCallMs);
  const held = await holdWhile(session, limitMs, (signal) => answerCall(work, progress, call, isOverLimit, signal));
  if (held.kind === "lost") return leaveToOthers(session);
  if (held.kind === "ended") return stopEnded(session);
  const answer = held.kind === "timeout" ? timedOutAnswer(call.name, limitMs) : held.value;
  const result: NewEvent = {
    type: "tool_result",
    callId: call.id,
    name: call.name,
    content: cut(answer.content),
    isError: answer.isError,
    durationMs: Math.round(session.ports.clock.monotonic() - startedAt),
  };
  return (await append(work, [result])) ? undefined : leaveToOthers(session);
}

async function answerCall(
  work: Work,
  progress: RunProgress,
  call: OpenCall,
  isOverLimit: boolean,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  if (isOverLimit) return failed(`Not called: one turn may ask for at most ${maximumToolCallsPerTurn} tool calls.`);
  if (!work.tools.some(({ name }) => name === call.name)) return failed(unknownToolText(call.name, work.tools));
  const { reference, schedule } = work.session;
  return work.engine.toolbox.call({
    name: call.name,
    arguments: call.arguments,
    owner: schedule.value.owner,
    idempotencyKey: `${reference.scheduleId}:${reference.key}:${progress.turns}.${call.index}`,
    signal,
  });
}

const failed = (content: string): ToolAnswer => ({ content, isError: true });

const timedOutAnswer = (name: string, limitMs: number): ToolAnswer =>
  failed(`The tool ${name} gave no answer within ${Math.round(limitMs / secondMs)} seconds.`);

const unknownToolText = (name: string, tools: readonly Tool[]): string =>
  `There is no tool ${JSON.stringify(name)}. Available: ${tools.map((tool) => tool.name).join(", ") || "none"}.`;

function cut(content: string): string {
  const bytes = Buffer.from(content);
  if (bytes.length <= maximumToolResultBytes) return content;
  const kept = new TextDecoder().decode(bytes.subarray(0, maximumToolResultBytes)).replace(/\uFFFD$/, "");
  return `${kept}\n[cut: the result had ${bytes.length} bytes, ${maximumToolResultBytes} are kept]`;
}
