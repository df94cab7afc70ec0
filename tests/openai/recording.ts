import type { AppEvent, Events } from "../../shared/kernel/events.ts";
import { Secret } from "../../shared/kernel/secret.ts";
import type { ModelRequest } from "../../shared/model/model.ts";

export interface RecordedEvents extends Events {
  readonly recorded: AppEvent[];
}

export function createRecordedEvents(): RecordedEvents {
  const recorded: AppEvent[] = [];
  return { recorded, record: (event) => recorded.push(event) };
}

/** A request of one user message, as small as it can be. */
export function ask(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: "user", text }], tools: [], signal: new AbortController().signal, ...more };
}

/** A key as the app's clients take it. */
export const keyOf = (text: string) => async () => new Secret(text);
