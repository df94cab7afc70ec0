import type { AppEvent, Events } from "../kernel/events.ts";
import type { Attributes, Telemetry } from "../kernel/telemetry.ts";

/** What the app tells its operator, as metrics too: those can raise an alert although traces are sampled. */
export const withCountedEvents = (events: Events, telemetry: Telemetry): Events => ({
  record(event) {
    count(event, telemetry);
    events.record(event);
  },
});

function count({ level, name, fields = {} }: AppEvent, telemetry: Telemetry): void {
  if (level === "warning" || level === "error") telemetry.count("log.warnings", 1, { level, logger: name });
  if (name === "run.finished") telemetry.count("run.ended", 1, pick(fields, ["outcome", "kind", "reason"]));
  if (name === "slot.missed") telemetry.count("run.ended", 1, { outcome: "missed", kind: "planned" });
}

const pick = (fields: NonNullable<AppEvent["fields"]>, names: readonly string[]): Attributes =>
  Object.fromEntries(names.map((name) => [name, fields[name] ?? undefined]));
