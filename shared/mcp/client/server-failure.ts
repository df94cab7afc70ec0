import type { ToolSource } from "../../tools/toolbox.ts";

/** Why a server cannot be used. The message is ours; what the other side said is the cause, for the log alone. */
export class ServerFailure extends Error {
  readonly state: Exclude<ToolSource["state"], "ready">;

  constructor(state: ServerFailure["state"], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ServerFailure";
    this.state = state;
  }
}

/** One answer was longer than anybody could use; the server itself is well. */
export class AnswerTooLong extends Error {
  constructor(limitBytes: number) {
    super(`The answer was longer than ${Math.round(limitBytes / 1024)} KiB.`);
    this.name = "AnswerTooLong";
  }
}

/** Longer chains of causes are loops. */
export const deepestCause = 5;

/** The failure of ours that an error of the SDK goes back to, if it does. */
export function failureBehind(thrown: unknown, depth = 0): ServerFailure | AnswerTooLong | undefined {
  if (thrown instanceof ServerFailure || thrown instanceof AnswerTooLong) return thrown;
  if (!(thrown instanceof Error) || depth === deepestCause) return undefined;
  return failureBehind(thrown.cause, depth + 1);
}

/** The HTTP status in an error of the SDK. */
export function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !("status" in thrown)) return undefined;
  return typeof thrown.status === "number" ? thrown.status : undefined;
}
