import { fromEventLines } from "../../shared/azure/storage/event-lines.ts";
import { parseConversationName } from "../../shared/azure/storage/names.ts";
import type { ConversationEvent, LoggedEvent, ToolCall } from "../../shared/conversations/events.ts";
import type { BlobChange } from "./memory-blobs.ts";

/** What one run's log says about approvals at this moment. */
interface Asked {
  /** Of each turn, from the first. */
  readonly calls: (readonly ToolCall[])[];
  readonly requests: Map<number, readonly string[]>;
  readonly decided: Map<number, boolean>;
}

/**
 * Knows from the logs, as storage has accepted them, which tool calls have been approved: whoever makes one can be
 * asked whether it was, at that moment.
 */
export function createApprovalWatch() {
  const runs = new Map<string, Asked>();
  const doubled: string[] = [];

  function note(event: ConversationEvent): void {
    if (!("run" in event)) return;
    const asked: Asked = runs.get(event.run) ?? { calls: [], requests: new Map(), decided: new Map() };
    runs.set(event.run, asked);
    if (event.type === "assistant") asked.calls.push(event.toolCalls);
    if (event.type === "approval_requested") {
      const ids = event.calls.map(({ id }) => id);
      const earlier = [...asked.requests].find(([, asking]) => asking.some((id) => ids.includes(id)));
      if (earlier !== undefined)
        doubled.push(`${event.run} asks again in ${event.step} what it asked in ${earlier[0]}`);
      asked.requests.set(event.step, ids);
    }
    if (event.type === "approval_decided") {
      if (asked.decided.has(event.request)) doubled.push(`${event.run} has two decisions about ${event.request}`);
      asked.decided.set(event.request, event.approve);
    }
  }

  function events(added: readonly LoggedEvent[]): void {
    for (const event of added) if (event.type !== "unknown") note(event);
  }

  return {
    events,
    /** For worlds that have no other reader of their storage. */
    onChange(change: BlobChange): void {
      const { id, segment } = parseConversationName(change.name) ?? {};
      if (change.kind !== "appended" || id === undefined || segment === undefined) return;
      events(fromEventLines(change.text, { kind: "conversation segment", id }));
    },
    /** The tool that is called with this key, and what was decided about the call: nothing, yes or no. */
    callOf(idempotencyKey: string): { run: string; tool: string; approved: boolean | undefined } | undefined {
      const [, schedule, key, turn, index] = /^(.+):(.+):(\d+)\.(\d+)$/.exec(idempotencyKey) ?? [];
      const run = `${schedule}.${key}`;
      const asked = runs.get(run);
      const call = asked?.calls[Number(turn) - 1]?.[Number(index)];
      if (asked === undefined || call === undefined) return undefined;
      const newest = [...asked.requests].findLast(([, ids]) => ids.includes(call.id));
      return { run, tool: call.name, approved: newest && asked.decided.get(newest[0]) };
    },
    /** Calls that were asked about more than once, and requests that were decided more than once. */
    doubled,
  };
}
