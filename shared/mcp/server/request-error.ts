import type { Principal } from "../../access/principal.ts";
import { type Failing, recordFailure } from "../../catalog/record-failure.ts";
import { toEnvelope } from "../../kernel/errors.ts";
import type { Events } from "../../kernel/events.ts";

const invalidParams = -32602;
const internalError = -32603;
/** Revision 2026-07-28 says -32602 instead, and its SDK sends that. */
const resourceNotFound = -32002;

/** Both SDKs answer a request whose handler throws this with a JSON-RPC error of its code, message and data. */
export class RequestError extends Error {
  readonly code: number;
  readonly data?: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = "RequestError";
    this.code = code;
    if (data !== undefined) this.data = data;
  }
}

export const refuseParams = (message: string): RequestError => new RequestError(invalidParams, message);

/** Clients know this kind by its data, which is the address and nothing else. */
export const unknownResource = (uri: string, message: string): RequestError =>
  new RequestError(resourceNotFound, message, { uri });

/** For requests whose results cannot carry an error, as a tool's can. Whatever goes wrong in the work is recorded. */
export async function orRequestError<T>(
  failing: Failing,
  principal: Principal,
  events: Events,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof RequestError) throw thrown;
    recordFailure(failing, thrown, principal, events);
    const { error, message, details } = toEnvelope(thrown);
    throw new RequestError(error === "VALIDATION_ERROR" ? invalidParams : internalError, message, { error, details });
  }
}
