import { RestError } from "@azure/storage-blob";
import { unavailable } from "../../shared/azure/storage/storage-failure.ts";
import { secondMs } from "../../shared/kernel/clock.ts";
import type { AppError } from "../../shared/kernel/errors.ts";
import type { Dice } from "../support/world-dice.ts";
import { secretMark } from "./ledger.ts";

/** What the adapter throws for a request to storage when its own attempts are used up, and after how long. */
export interface StorageTrouble {
  readonly name: StorageTroubleName;
  readonly error: AppError;
  readonly milliseconds: number;
}

type StorageTroubleName = "throttled" | "busy" | "server_error" | "forbidden" | "no_answer" | "not_signed_in";

/** What a request may meet that storage never carried out. */
const unsent = ["throttled", "busy", "server_error", "forbidden", "no_answer", "not_signed_in"] as const;
/** ... and one that it did carry out: the service gave up waiting for itself, or its answer was lost each time. */
const carriedOut = ["busy", "server_error", "no_answer"] as const;

export const anyStorageTrouble = (dice: Dice, kind: "error_before" | "error_after"): StorageTrouble =>
  troubleNamed(dice, kind === "error_before" ? dice.one(...unsent) : dice.one(...carriedOut));

function troubleNamed({ below, one }: Dice, name: StorageTroubleName): StorageTrouble {
  const trouble = (thrown: Error, milliseconds: number) => ({ name, error: unavailable(thrown), milliseconds });
  // Four attempts with pauses of up to 1.75 s together; or a Retry-After that does not fit into the time for all attempts.
  const attemptsMs = below(2 * secondMs);
  switch (name) {
    case "throttled":
      return trouble(refused(429, "TooManyRequests"), one(0, attemptsMs));
    case "busy":
      return trouble(refused(503, "ServerBusy"), attemptsMs);
    case "server_error":
      return trouble(refused(500, "OperationTimedOut"), attemptsMs);
    case "forbidden":
      return trouble(refused(403, "AuthorizationPermissionMismatch"), 0);
    case "no_answer":
      return trouble(new DOMException("The operation was aborted due to timeout", "TimeoutError"), 30 * secondMs);
    case "not_signed_in":
      return trouble(new Error(`GET http://169.254.169.254/token?code=${secretMark} failed`), attemptsMs);
  }
}

const refused = (statusCode: number, code: string): RestError =>
  new RestError(`https://contoso.blob.core.windows.net/app?sig=${secretMark} answered ${statusCode}`, {
    statusCode,
    code,
  });
