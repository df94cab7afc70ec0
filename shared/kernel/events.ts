export type EventLevel = "debug" | "info" | "warning" | "error";

/** What the app has to say to its operator: a stable name, plain fields, and the foreign error that callers never see. */
export interface AppEvent {
  readonly level: EventLevel;
  /** Stable and dotted, for example `run.finished`: alerts and queries are written against it. */
  readonly name: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly cause?: unknown;
}

/** The telemetry port. Recording never throws and never waits. */
export interface Events {
  record(event: AppEvent): void;
}
