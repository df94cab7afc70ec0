import type { AppError, ErrorCode } from "../kernel/errors.ts";
import type { AppEvent, Events } from "../kernel/events.ts";
import { withoutSecrets } from "../kernel/without-secrets.ts";

/**
 * How something that the app needs has last answered. `degraded`: it does not answer, and what was got before still
 * serves. Nothing is sent to find out.
 */
export interface DependencyHealth {
  readonly state: "unused" | "ok" | "degraded" | "unavailable";
  /** Of the last failure, while it lasts. */
  readonly error?: ErrorCode;
}

export interface OutageEvents {
  readonly lost: AppEvent;
  readonly back: AppEvent;
  /** What was sent, and no log may show. */
  readonly secret?: string | undefined;
}

/** The failure stays until it answers again; `isUsed` is false until it was asked. */
export interface LastAnswer {
  readonly isUsed: boolean;
  readonly failure?: AppError;
}

export interface Outages {
  answered(): void;
  failed(failure: AppError): void;
  last(): LastAnswer;
}

/** Remembers how something answers, and tells the operator of each outage once when it begins and once when it ends. */
export function createOutages(events: Events, { lost, back, secret = "" }: OutageEvents): Outages {
  let last: LastAnswer = { isUsed: false };
  return {
    last: () => last,
    answered() {
      if (last.failure !== undefined) events.record(back);
      last = { isUsed: true };
    },
    failed(failure) {
      const isFirst = last.failure === undefined;
      last = { isUsed: true, failure };
      const { code, message: problem, cause } = failure;
      const said = cause === undefined ? {} : { cause: withoutSecrets(cause, secret) };
      if (isFirst) events.record({ ...lost, fields: { code, problem }, ...said });
    },
  };
}
