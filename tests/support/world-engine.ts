import type { Sleep } from "../../shared/kernel/clock.ts";
import type { Model, ModelAnswer, ModelFailure, ModelReply, ModelRequest } from "../../shared/model/model.ts";
import { runId } from "../../shared/runs/run.ts";
import type { Tool, ToolAnswer, Toolbox, ToolRequest } from "../../shared/tools/toolbox.ts";
import { currentProcess } from "./world-processes.ts";
import type { Steps } from "./world-steps.ts";

/** How a call goes. `until_aborted` obeys its signal, `for_ever` does not even do that. */
interface Pace {
  readonly takesMs?: number;
  readonly hangs?: "until_aborted" | "for_ever";
  /** The message of an error that the call throws. */
  readonly throws?: string;
}

export interface ModelCall {
  /** Key of the run that asks. */
  readonly key: string;
  /** The run that asks. */
  readonly run: string;
  /** 0, 1, ...: answers that this run has had. */
  readonly turn: number;
  /** How often this run has asked for this turn before. */
  readonly repeat: number;
  /** The run asks for a summary of its conversation. */
  readonly isSummary: boolean;
  readonly request: ModelRequest;
}

export interface ModelStep extends Pace {
  readonly text?: string;
  /** Names of tools to call. */
  readonly tools?: readonly string[];
  /** Of each of those calls, as the model writes them; without, `{}`. */
  readonly arguments?: string;
  readonly usage?: ModelReply["usage"];
  readonly fails?: ModelFailure;
  readonly finishReason?: ModelReply["finishReason"];
}

export type ToolStep = Pace & Partial<ToolAnswer>;

export interface Script {
  readonly model: (call: ModelCall) => ModelStep;
  readonly tool: (request: ToolRequest, repeat: number) => ToolStep;
}

const scriptedTools: readonly Tool[] = [
  {
    name: "look_up",
    description: "Looks something up.",
    inputSchema: { type: "object" },
    readOnly: true,
    server: "desk",
  },
  { name: "send", description: "Sends something.", inputSchema: { type: "object" }, readOnly: false, server: "desk" },
];

/** A model and tools that do what the script says and remember what they were asked. Each call is a step of the world. */
export function createScriptedEngine(steps: Steps, sleep: Sleep, script: Script) {
  const modelCalls: ModelCall[] = [];
  const toolCalls: ToolRequest[] = [];
  const repeats = createRepeats();

  const model: Model = {
    async complete(request) {
      const message = currentProcess()?.message;
      const key = message?.key ?? "";
      const run = message === undefined ? "" : runId(message);
      const step = await steps.intercept({ kind: "model", name: key }, () => {
        const turn = turnOf(request);
        const isSummary = request.messages[0]?.text.startsWith("You sum up") === true;
        const repeat = repeats.of(`${run} ${isSummary ? "summary" : turn}`);
        const call = { key, run, turn, repeat, isSummary, request };
        modelCalls.push(call);
        return script.model(call);
      });
      await pass(step, request.signal);
      return answerOf(step, `${key}.${modelCalls.length}`);
    },
  };

  const toolbox: Toolbox = {
    list: async () => scriptedTools,
    sources: async () => [],
    async call(request) {
      const step = await steps.intercept({ kind: "tool", name: request.idempotencyKey }, () => {
        const repeat = repeats.of(request.idempotencyKey);
        toolCalls.push(request);
        return script.tool(request, repeat);
      });
      await pass(step, request.signal);
      return { content: step.content ?? "found", isError: step.isError ?? false };
    },
  };

  async function pass({ takesMs, hangs, throws }: Pace, signal: AbortSignal): Promise<void> {
    if (hangs === "for_ever") return new Promise(() => {});
    const milliseconds = hangs === undefined ? (takesMs ?? 0) : Infinity;
    if (milliseconds > 0) await sleep(milliseconds, signal);
    signal.throwIfAborted();
    if (throws !== undefined) throw new Error(throws);
  }

  return { model, toolbox, modelCalls, toolCalls };
}

/** How often each name was asked about before. */
function createRepeats() {
  const counts = new Map<string, number>();
  return {
    of(name: string): number {
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      return count;
    },
  };
}

/** Answers since the prompt of the run, which is the last user message. */
function turnOf({ messages }: ModelRequest): number {
  const asked = messages.findLastIndex(({ role }) => role === "user");
  return messages.slice(asked).filter(({ role }) => role === "assistant").length;
}

function answerOf(step: ModelStep, callId: string): ModelAnswer {
  const { text = "", tools = [], fails, finishReason, usage = { promptTokens: 10, completionTokens: 5 } } = step;
  if (fails !== undefined) return { ok: false, failure: fails };
  const toolCalls = tools.map((name, index) => ({ id: `${callId}.${index}`, name, arguments: step.arguments ?? "{}" }));
  const reason = finishReason ?? (tools.length > 0 ? "tool_calls" : "stop");
  return { ok: true, reply: { text, toolCalls, model: "scripted", usage, finishReason: reason } };
}
