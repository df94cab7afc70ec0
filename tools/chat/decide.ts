import type { Approval } from "../client/answers.ts";
import { ToolError } from "../client/connect.ts";
import type { Chat } from "./chat.ts";
import { shown, shownLine } from "./shown.ts";

/** Shows a request for approval, asks until there is a decision, and carries it out. False when nobody decided. */
export async function decide(chat: Chat, { id, schedule_name, calls, expires_at }: Approval): Promise<boolean> {
  const { session, lines, say, signal } = chat;
  say(`\n${JSON.stringify(shownLine(schedule_name))} asks for approval, until ${shownLine(expires_at)}:`);
  for (const { tool, arguments: words } of calls) say(`${shown(tool, "  | ")}\n${shown(words, "  |   ")}`);
  const decision = await askDecision(chat, lines);
  if (decision === undefined) {
    say("Undecided. /approvals asks again.");
    return false;
  }
  try {
    say(shown((await session.call("decide_approval", { id, ...decision }, { signal })).summary));
  } catch (refused) {
    // It has expired, or somebody else has decided: the run goes on all the same.
    if (!(refused instanceof ToolError)) throw refused;
    say(shown(refused.message));
  }
  return true;
}

async function askDecision({ say }: Chat, lines: Chat["lines"]): Promise<Decision | undefined> {
  for (;;) {
    const text = await lines.ask("Approve? y or n, a note may follow (n, not this file)> ", true);
    const decision = text === undefined ? undefined : readDecision(text);
    if (text === undefined || decision !== undefined) return decision;
    say("Nothing was decided: y approves, n denies, and a note may follow after a comma.");
  }
}

export interface Decision {
  readonly decision: "approve" | "deny";
  readonly note?: string;
}

/** "y", "no", "n, another file please". Whatever else: undefined, never a decision. */
export function readDecision(text: string): Decision | undefined {
  const found = /^(?:(?<yes>y|yes)|n|no)(?:\s*[,;:]\s*(?<note>.+))?$/is.exec(text.trim());
  if (found === null) return undefined;
  const note = found.groups?.note;
  return { decision: found.groups?.yes === undefined ? "deny" : "approve", ...(note === undefined ? {} : { note }) };
}
