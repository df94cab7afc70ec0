import type { Events } from "../kernel/events.ts";
import type { Model } from "../model/model.ts";
import type { RunMessage } from "../runs/run-queue.ts";
import type { OpenTelemetry } from "../telemetry/open-telemetry.ts";
import { withLoggedModel, withLoggedTools } from "../telemetry/with-logged-content.ts";
import { withModelSpans } from "../telemetry/with-model-spans.ts";
import { withToolSpans } from "../telemetry/with-tool-spans.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import type { Config } from "./config.ts";
import type { ModelConfig } from "./read-model.ts";

interface Observers {
  readonly events: Events;
  readonly telemetry: OpenTelemetry;
}

/** The model as runs use it: with a span for each call and, where the operator asks for it, its words in the log. */
export function observedModel(model: Model, { model: settings, logContent }: Config, observers: Observers): Model {
  const told = logContent ? withLoggedModel(model, observers.events) : model;
  return withModelSpans(told, modelIdentity(settings), observers.telemetry);
}

/** The tools as runs use them. */
export function observedToolbox(toolbox: Toolbox, { logContent }: Config, { events, telemetry }: Observers): Toolbox {
  return withToolSpans(logContent ? withLoggedTools(toolbox, events) : toolbox, telemetry);
}

/** A message is worked on within the trace of what sent it. */
export const withinItsTrace =
  (handle: (message: RunMessage) => Promise<void>, { within }: OpenTelemetry) =>
  (message: RunMessage): Promise<void> =>
    within(message.traceparent, () => handle(message));

/** The provider's name as OpenTelemetry's conventions have it. */
function modelIdentity(model: ModelConfig) {
  switch (model.kind) {
    case "azure-openai":
      return { provider: "azure.ai.openai", defaultModel: model.deployment };
    case "openai":
      return { provider: "openai", defaultModel: model.model };
    case "rehearsal":
      return { provider: "rehearsal", defaultModel: "rehearsal" };
  }
}
