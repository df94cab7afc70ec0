import type { Principal } from "../access/principal.ts";
import { AppError } from "../kernel/errors.ts";
import type { Events } from "../kernel/events.ts";

/** What of the catalog failed. */
export interface Failing {
  readonly kind: "tool" | "resource" | "prompt" | "completion";
  readonly name: string;
}

/** Foreign error text goes here and nowhere else; what the caller can mend is no error of ours. */
export function recordFailure({ kind, name }: Failing, thrown: unknown, principal: Principal, events: Events): void {
  const isOurs = thrown instanceof AppError;
  const isCallers = isOurs && thrown.code === "VALIDATION_ERROR";
  events.record({
    level: isCallers ? "info" : "error",
    name: `${kind}.failed`,
    message: isOurs ? thrown.message : `A ${kind} failed unexpectedly.`,
    fields: { [kind]: name, owner: principal.owner, code: isOurs ? thrown.code : "INTERNAL_ERROR" },
    ...(isCallers ? {} : { cause: thrown }),
  });
}
