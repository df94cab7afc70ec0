import { parseArguments } from "../conversations/call-arguments.ts";
import type { Tool } from "../tools/toolbox.ts";

/** The engine's own tool, by which a run ends without a report. Offered to every run but those that a person talks to. */
export const nothingToReport: Tool = {
  name: "nothing_to_report",
  description:
    "Ends this run quietly. Call it instead of answering when there is nothing that a reader of the report needs to know: nothing new, nothing to do. Call it alone, after the results of your other calls.",
  inputSchema: {
    type: "object",
    properties: { reason: { type: "string", description: "Why there is nothing to report, in one sentence." } },
    required: ["reason"],
  },
  readOnly: true,
  server: "engine",
};

/** Characters of the reason that are kept. */
const reasonCharacters = 500;

/** The reason that the model gave, or one that says that it gave none. */
export function quietReason(callArguments: string): string {
  const reason = parseArguments(callArguments)?.reason;
  return typeof reason === "string" && reason.trim() !== ""
    ? reason.trim().slice(0, reasonCharacters)
    : "The model gave no reason.";
}
