import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Event, Run } from "../client/answers.ts";
import type { Session } from "../client/connect.ts";
import { decide } from "./decide.ts";
import type { Lines } from "./lines.ts";
import { shown, shownLine } from "./shown.ts";

export interface Chat {
  readonly session: Session;
  readonly lines: Lines;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
  /** Where the next message goes; absent: a new conversation. */
  conversation?: string | undefined;
  /** A message whose fate is unknown: said again under its key, it is said once. */
  unsure?: { readonly text: string; readonly key: string } | undefined;
  /** How far the transcript has been read. */
  seen?: { readonly conversation: string; readonly position: string } | undefined;
}

/** Says a message and shows what becomes of it, up to the answer. */
export async function talk(chat: Chat, text: string): Promise<void> {
  const key = chat.unsure?.text === text ? chat.unsure.key : randomUUID();
  chat.unsure = { text, key };
  const id = chat.conversation === undefined ? {} : { id: chat.conversation };
  const said = await chat.session.call(
    "continue_conversation",
    { ...id, message: text, idempotency_key: key },
    { onProgress: (words) => chat.say(`  . ${shownLine(words)}`), signal: chat.signal },
  );
  chat.unsure = undefined;
  chat.conversation = said.conversation_id;
  await follow(chat, said);
}

type Followed = Pick<Answer<"get_run">, "run" | "approval" | "summary">;

/** Stays with a run to its end, through all approvals, and shows its calls and its answer. */
export async function follow(chat: Chat, known: Followed): Promise<void> {
  let now = known;
  while (now.run.state !== "ended") {
    if (now.approval !== undefined && !(await decide(chat, now.approval))) return;
    now = await waitFor(chat, now.run);
  }
  const { run, summary } = now;
  const events = await eventsOf(chat, run);
  for (const line of events.flatMap(callsIn)) chat.say(line);
  const answer = events.findLast(({ type, text = "" }) => type === "assistant" && text !== "")?.text;
  chat.say(`\n${shown((run.outcome === "succeeded" ? answer : undefined) ?? summary)}\n`);
}

async function waitFor({ session, say, signal }: Chat, { id, state }: Run): Promise<Followed> {
  // A decision that somebody else has just taken shows in a moment; there is nothing else to wait for.
  if (state === "waiting_approval") await sleep(1000, undefined, { signal });
  say("  . Waits for the run.");
  return session.call("get_run", { id, wait_seconds: 25 }, { signal });
}

/** Events of one page; the server gives no more. */
const pageLimit = 200;

/** What the log of the conversation says about one run. */
async function eventsOf(chat: Chat, { id: run, conversation_id: id }: Run): Promise<readonly Event[]> {
  const events: Event[] = [];
  let from = chat.seen?.conversation === id ? chat.seen.position : undefined;
  do {
    const input = { id, limit: pageLimit, ...(from === undefined ? {} : { from_event: from }) };
    const page: Answer<"get_conversation"> = await chat.session.call("get_conversation", input, {
      signal: chat.signal,
    });
    events.push(...page.events.filter(({ run_id }) => run_id === run));
    const last = page.events.at(-1);
    if (last !== undefined) chat.seen = { conversation: id, position: last.position };
    from = page.next_from_event;
  } while (from !== undefined);
  return events;
}

/** A tool call with its arguments, or the start of its result. */
function callsIn({ type, tool, tool_calls = [], text = "", is_error }: Event): readonly string[] {
  if (type === "assistant") {
    return tool_calls.map((call) => `  -> ${shownLine(call.name)} ${shownLine(call.arguments)}`);
  }
  if (type !== "tool_result") return [];
  return [`  <- ${shownLine(tool ?? "")}${is_error === true ? " failed" : ""}: ${shownLine(summaryIn(text) ?? text)}`];
}

/** Answers of our own tools begin with a summary in words. */
function summaryIn(result: string): string | undefined {
  const json = /^\{"summary":("(?:[^"\\]|\\.)*")/.exec(result)?.[1];
  return json === undefined ? undefined : String(JSON.parse(json));
}
