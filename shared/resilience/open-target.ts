import { secondMs } from "../kernel/clock.ts";
import { AppError, type ErrorCode } from "../kernel/errors.ts";
import { BreakerOpen, type BreakerRules } from "./breaker.ts";
import { createGuardedCalls } from "./guarded-calls.ts";
import type { CallFailures, CallPolicy, Target, TargetHealth, TargetsOptions } from "./targets.ts";

/** One target: its calls are guarded, told to telemetry, and remembered for health. */
export function openTarget(
  name: string,
  policy: CallPolicy,
  failures: CallFailures,
  { events, telemetry, random }: TargetsOptions,
): Target {
  const { codeOf = usualCode } = failures;
  const memory = createMemory();
  const news = createNews(name, policy.breaker, { events, telemetry });
  const guarded = createGuardedCalls({ policy, failures, random, onOpen: news.opened, onClose: news.closed });
  return {
    name,
    refusal: guarded.refusal,
    health: () => ({ ...memory.recall(), breaker: guarded.state() }),
    call(operation, attempt, signal) {
      const attributes = { target: name, operation };
      return telemetry.span(`${name}.request`, { kind: "client", attributes }, async (span) => {
        const headers = headersOf(telemetry.traceparent());
        const startedAt = performance.now();
        let attempts = 0;
        const end = (outcome: Outcome, code?: ErrorCode): void => {
          span.set({ outcome, attempts });
          if (code !== undefined) span.fail(code);
          telemetry.measure("target.duration", performance.now() - startedAt, { ...attributes, outcome });
          if (code !== undefined) telemetry.count("target.failures", 1, { ...attributes, outcome });
          memory.keep(outcome, code);
        };
        try {
          const result = await guarded.run((limit) => {
            attempts++;
            return attempt({ signal: limit, headers });
          }, signal);
          end("ok");
          return result;
        } catch (thrown) {
          const code = codeOf(thrown);
          if (signal?.aborted === true) end("given_up");
          else end(outcomeOf(thrown, code, failures), code);
          throw thrown;
        }
      });
    },
  };
}

/**
 * How a call ended. `failed`: the other side is unwell. `refused`: it is well and does not want this one call.
 * `left_alone`: not made. `given_up`: its caller did not want it any more.
 */
type Outcome = "ok" | "failed" | "refused" | "timed_out" | "left_alone" | "given_up";

function outcomeOf(thrown: unknown, code: ErrorCode, { isUnwell }: CallFailures): Outcome {
  if (thrown instanceof BreakerOpen) return "left_alone";
  if (code === "TIMEOUT_ERROR") return "timed_out";
  return isUnwell(thrown) ? "failed" : "refused";
}

function usualCode(thrown: unknown): ErrorCode {
  if (thrown instanceof AppError) return thrown.code;
  return isTimeout(thrown) ? "TIMEOUT_ERROR" : "SERVICE_ERROR";
}

const isTimeout = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === "TimeoutError";

const headersOf = (traceparent: string | undefined): Readonly<Record<string, string>> =>
  traceparent === undefined ? {} : { traceparent };

/** What the last call said of it; what was not made, or was given up, says nothing. */
function createMemory() {
  let last: Omit<TargetHealth, "breaker"> = { state: "unused" };
  return {
    recall: () => last,
    keep(outcome: Outcome, code: ErrorCode | undefined): void {
      if (outcome === "left_alone" || outcome === "given_up") return;
      // Whoever finds fault with one call is well.
      const isWell = code === undefined || code === "VALIDATION_ERROR";
      last = isWell ? { state: "ok" } : { state: "degraded", error: code };
    },
  };
}

/** What the operator is told when the breaker opens and closes: once each, however often its one call fails between. */
function createNews(
  target: string,
  { failures, restMs }: BreakerRules,
  { events, telemetry }: Pick<TargetsOptions, "events" | "telemetry">,
) {
  let isOpen = false;
  const note = (open: boolean): void => {
    isOpen = open;
    telemetry.gauge("target.breaker_open", open ? 1 : 0, { target });
  };
  return {
    opened(): void {
      if (isOpen) return;
      note(true);
      const message = `${target} failed ${failures} times in a row. It is left alone for ${restMs / secondMs} seconds, then tried with one call.`;
      events.record({ level: "warning", name: "target.left_alone", message, fields: { target } });
    },
    closed(): void {
      note(false);
      events.record({ level: "info", name: "target.back", message: `${target} answers again.`, fields: { target } });
    },
  };
}
