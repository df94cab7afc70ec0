import { parseArguments } from "../conversations/call-arguments.ts";
import type { CallDecision, OpenCall, RunProgress } from "../conversations/fold.ts";
import type { Tool } from "../tools/toolbox.ts";
import { nothingToReport } from "./quiet.ts";

/** Tool calls that one turn may ask for; further ones are answered with an error that says so. */
const maximumCallsPerTurn = 16;

/** A call that comes next: of this tool, or answered at once with what the model is told instead. */
export type NextCall =
  | { readonly call: OpenCall; readonly tool: Tool }
  | { readonly call: OpenCall; readonly refusal: string };

/**
 * The calls that are made next, in the model's order: either every call up to the first one that writes, which may be
 * made at the same time, or that one alone. Empty when none is open.
 * @param progress with the calls of the present turn that have no result yet, and what was decided about them
 * @param tools what the run may use
 */
export function nextCalls(
  { openCalls, decisions }: Pick<RunProgress, "openCalls" | "decisions">,
  tools: readonly Tool[],
): readonly NextCall[] {
  const next = openCalls.map((call) => judgeCall(call, tools, decisions.get(call.id)));
  const firstWrite = next.findIndex((one) => "tool" in one && !one.tool.readOnly);
  return firstWrite === -1 ? next : next.slice(0, Math.max(1, firstWrite));
}

/** @param decision what the owner has decided about the call, or its expiry */
export function judgeCall(call: OpenCall, tools: readonly Tool[], decision?: CallDecision): NextCall {
  if (call.index >= maximumCallsPerTurn) return { call, refusal: overLimitText };
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) return { call, refusal: unknownToolText(call.name, tools) };
  if (parseArguments(call.arguments) === undefined) return { call, refusal: badArgumentsText(call.arguments) };
  // Alone it has ended the run, and here it is not alone.
  if (tool === nothingToReport) return { call, refusal: notAloneText };
  return decision?.approve === false ? { call, refusal: deniedText(decision) } : { call, tool };
}

function deniedText({ by, note }: CallDecision): string {
  if (by === "expiry")
    return "Not called: it needs a person's approval, and nobody decided in time. Do not try it again.";
  const words = note === undefined ? "" : ` In their words: ${note}`;
  return `Not called: the person who was asked for approval has denied this call. Do not try it again.${words}`;
}

const overLimitText = `Not called: one turn may ask for at most ${maximumCallsPerTurn} tool calls.`;

const unknownToolText = (name: string, tools: readonly Tool[]): string =>
  `There is no tool ${JSON.stringify(name)}. Available: ${tools.map((tool) => tool.name).join(", ") || "none"}.`;

const badArgumentsText = (text: string): string =>
  `Not called: the arguments are no JSON object, they begin with ${JSON.stringify(text.slice(0, 200))}. Call the tool again with valid JSON.`;

const notAloneText =
  "Not done: call nothing_to_report alone, once you have the results of your other calls and still have nothing to report.";
