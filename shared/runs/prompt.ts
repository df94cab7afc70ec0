import type { LoggedEvent } from "../conversations/events.ts";
import type { ModelMessage } from "../model/model.ts";

/** What a model is told about a tool call whose run was cancelled before the call had a result. */
const cancelledCallText = "The run was cancelled before this call had a result.";

/**
 * The messages for the next model call of `run`. Its own system message stands first; those of earlier runs are left
 * out. Every tool call has a result, because model APIs refuse a prompt in which one is missing.
 */
export function promptOf(events: readonly LoggedEvent[], run: string): readonly ModelMessage[] {
  const system = events.findLast((event) => event.type === "system" && event.run === run);
  const opening: ModelMessage[] = system?.type === "system" ? [{ role: "system", text: system.text }] : [];
  return [...opening, ...events.flatMap((event, index) => messagesOf(event, events, index))];
}

function messagesOf(event: LoggedEvent, events: readonly LoggedEvent[], index: number): readonly ModelMessage[] {
  switch (event.type) {
    case "carry_over":
      return event.text === undefined ? [] : [{ role: "user", text: event.text }];
    case "user":
      return [{ role: "user", text: event.text }];
    case "assistant": {
      const answered = answeredAfter(events, index);
      const dangling = event.toolCalls.filter((call) => !answered.has(call.id));
      return [
        { role: "assistant", text: event.text, toolCalls: event.toolCalls },
        ...dangling.map(({ id }): ModelMessage => ({ role: "tool", callId: id, text: cancelledCallText })),
      ];
    }
    case "tool_result":
      return [{ role: "tool", callId: event.callId, text: event.content }];
    default:
      return [];
  }
}

/** Calls that have a result in the turn which begins at `index`: some providers use the same ids in every turn. */
function answeredAfter(events: readonly LoggedEvent[], index: number): ReadonlySet<string> {
  const answered = new Set<string>();
  for (let next = index + 1; next < events.length; next++) {
    const event = events[next];
    if (event?.type === "assistant" || event?.type === "closed") break;
    if (event?.type === "tool_result") answered.add(event.callId);
  }
  return answered;
}
