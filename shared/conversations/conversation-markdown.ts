import { type Instant, toIso } from "../kernel/clock.ts";
import type { ConversationEvent, LoggedEvent, ToolCall } from "./events.ts";
import { fenced, inlineCode, plainWords, quoted } from "./quoted-markdown.ts";

/**
 * A transcript for a person to read: a heading for each run and each thing that was said, called or decided. What
 * others wrote stands in quotations and code blocks, which it cannot leave.
 * @param events oldest first
 */
export const conversationMarkdown = (
  { id, title }: { readonly id: string; readonly title: string },
  events: readonly LoggedEvent[],
): string =>
  [`# ${plainWords(title)}`, `Conversation ${inlineCode(id)}. Times are UTC.`, ...events.map(eventMarkdown)]
    .filter((part) => part !== "")
    .join("\n\n");

/** Empty for what is only of use to the log itself. */
export function eventMarkdown(event: LoggedEvent): string {
  if (event.type === "unknown") return `_Something that a later version wrote: ${inlineCode(nameOf(event.raw))}._`;
  return blocks(event)
    .filter((block) => block !== "")
    .join("\n\n");
}

function blocks(event: ConversationEvent): readonly string[] {
  switch (event.type) {
    case "run_started":
      return event.epoch > 1
        ? // After a decision, a wait, a full slice or a crash: the log does not tell, and it may be the same worker.
          [`_Taken up again, ${timeOf(event.time)}._`]
        : [`## Run of ${dateOf(event.time)}`, inlineCode(event.run)];
    case "system":
      return [heading("Instructions", event.time), quoted(event.text)];
    case "user":
      return [heading("User", event.time), quoted(event.text)];
    case "assistant":
      return [
        heading("Assistant", event.time),
        event.text && quoted(event.text),
        ...event.toolCalls.flatMap(callBlocks),
      ];
    case "tool_result": {
      const what = event.isError ? "Error" : "Result";
      return [heading(`${what} of ${inlineCode(event.name)}`, event.time), fenced(event.content)];
    }
    case "approval_requested":
      return [
        heading("Approval asked for", event.time),
        `Waits until ${dateOf(event.expiresAt)} for a decision about:`,
        ...event.calls.flatMap(callBlocks),
      ];
    case "approval_decided":
      return [heading(decisionWords(event), event.time), event.note === undefined ? "" : quoted(event.note)];
    case "work_reported":
      return [heading(`The Scheduler reports: ${event.status}`, event.time), event.content && quoted(event.content)];
    case "summary":
      return [heading("Summary of what came before", event.time), quoted(event.text)];
    case "run_finished":
      return endBlocks(event);
    case "closed":
      return [`**The run was ended from outside**, ${timeOf(event.time)}.`];
    case "carry_over":
      return event.text === undefined ? [] : [heading("Carried over", event.time), quoted(event.text)];
    case "sealed":
      return [];
  }
}

const callBlocks = ({ name, arguments: input }: ToolCall): string[] => [`Call of ${inlineCode(name)}:`, fenced(input)];

function decisionWords({ approve, by }: Extract<ConversationEvent, { type: "approval_decided" }>): string {
  if (by === "expiry") return "Denied: nobody decided in time";
  return approve ? "Approved by the owner" : "Denied by the owner";
}

function endBlocks(event: Extract<ConversationEvent, { type: "run_finished" }>): string[] {
  const reason = event.reason === undefined ? "" : ` (${inlineCode(event.reason)})`;
  return [
    `**The run ended:** ${inlineCode(event.outcome)}${reason}, ${timeOf(event.time)}.`,
    event.detail === undefined ? "" : quoted(event.detail),
    event.quiet === undefined ? "" : `Nothing to report:\n\n${quoted(event.quiet)}`,
  ];
}

const heading = (words: string, time: Instant): string => `### ${words}, ${timeOf(time)}`;

/** 2026-11-20 09:01:00 */
const dateOf = (instant: Instant): string => toIso(instant).slice(0, 19).replace("T", " ");

/** 09:01:00 */
const timeOf = (instant: Instant): string => toIso(instant).slice(11, 19);

const nameOf = ({ type }: Readonly<Record<string, unknown>>): string => (typeof type === "string" ? type : "unknown");
