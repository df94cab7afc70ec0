import type { LoggedEvent } from "../conversations/events.ts";
import type { Run } from "./run.ts";

/** What a person who waits for a run should hear of a new event in its log; undefined where there is nothing to say. */
export function newsIn(event: LoggedEvent): string | undefined {
  switch (event.type) {
    case "assistant":
      return event.toolCalls.length === 0 ? undefined : `Calls ${namesOf(event.toolCalls)}.`;
    case "tool_result":
      return `${event.name} ${event.isError ? "failed" : "answered"}.`;
    case "approval_requested":
      return `Asks for approval of ${namesOf(event.calls)}.`;
    case "approval_decided":
      return event.approve ? "The calls are approved." : "The calls are denied.";
    case "summary":
      return "Has summed up the conversation so far.";
    default:
      return undefined;
  }
}

/**
 * What such a person should hear of the run itself.
 * @param isHeld false: no worker has hold of its conversation any more
 */
export function stateInWords({ state, epoch, failures }: Run, isHeld: boolean): string {
  if (state === "queued" && failures > 0) return "The model could not be reached; the run tries again.";
  if (state === "queued") return epoch === 0 ? "Waits for a worker." : "Waits for its turn.";
  if (state !== "running") return "Waits for approval.";
  // The lease of a worker that died goes on for up to a minute, so this says no more than the record does.
  return isHeld ? "The run is under way." : "Waits until another worker takes it up.";
}

const namesOf = (calls: readonly { readonly name: string }[]): string => calls.map(({ name }) => name).join(", ");
