import { readEnvelope } from "../alarm/callback-envelope.ts";
import { invalid, toEnvelope } from "../kernel/errors.ts";
import { readAtMost } from "../kernel/read-at-most.ts";
import type { Callback, TakeCallback } from "../use-cases/take-callback.ts";
import { answerCallback, refuseCallback } from "./callback-answer.ts";
import { toCallback } from "./callback-meaning.ts";
import { type ProofSources, proofOfOrigin } from "./proof-of-origin.ts";

export interface CallbackEndpointOptions extends ProofSources {
  readonly takeCallback: TakeCallback;
}

const maximumBodyBytes = 256 * 1024;

/** A Scheduler was seen to have 10 under way at most. Only proven ones count, so nobody else can fill it up. */
const mostUnderWay = 200;

/**
 * `POST /scheduler/callback`. Takes and gives web-standard requests and responses, and never throws. 202 for what was
 * taken, 200 for a repeat, else {success: false, error, message} with 400, 401, 404, 405, 409, 413, 429 or 500.
 * Nothing is read from storage for a caller who proves nothing, and all of them get the same answer.
 */
export function createCallbackEndpoint({ takeCallback, ...sources }: CallbackEndpointOptions) {
  let underWay = 0;
  return async (request: Request): Promise<Response> => {
    try {
      const proven = await receive(request, sources);
      if (proven instanceof Response) return proven;
      if (underWay >= mostUnderWay) return refuseCallback(429, "SERVICE_ERROR", tooMany, { "retry-after": "5" });
      underWay++;
      try {
        return answerCallback(await takeCallback(proven));
      } finally {
        underWay--;
      }
    } catch (thrown) {
      const { error, message } = toEnvelope(thrown);
      if (error === "VALIDATION_ERROR") return refuseCallback(400, error, message);
      const failure = "A callback could not be taken.";
      sources.events.record({ level: "error", name: "callback.failed", message: failure, cause: thrown });
      return refuseCallback(500, error, message);
    }
  };
}

/** The callback, or the refusal. @throws AppError VALIDATION_ERROR for what a proven caller should send otherwise */
async function receive(request: Request, sources: ProofSources): Promise<Callback | Response> {
  if (request.method !== "POST") return refuseCallback(405, "VALIDATION_ERROR", onlyPost, { allow: "POST" });
  const body = await readBody(request);
  if (body instanceof Response) return body;
  const text = decodeUtf8(body);
  const proof = await proofOfOrigin({ request, text }, sources);
  switch (proof.kind) {
    case "refused":
      return refuseCallback(401, "AUTHENTICATION_ERROR", unproven, { "www-authenticate": "Bearer" });
    case "unchecked":
      return refuseCallback(500, "SERVICE_ERROR", unchecked);
  }
  if (text === undefined) throw invalid("The body is not UTF-8. Send text or JSON in UTF-8, not compressed.");
  return toCallback(proof, readEnvelope(text));
}

async function readBody(request: Request): Promise<Buffer | Response> {
  if (Number(request.headers.get("content-length") ?? 0) > maximumBodyBytes) return tooLarge();
  try {
    return (await readAtMost(request.body, maximumBodyBytes)) ?? tooLarge();
  } catch {
    return refuseCallback(400, "VALIDATION_ERROR", "The body was cut off. Send it again.");
  }
}

/** A byte order mark stays: a signature is over what was sent. */
function decodeUtf8(body: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

const tooLarge = (): Response =>
  refuseCallback(413, "VALIDATION_ERROR", `The body is larger than ${maximumBodyBytes} bytes. Send less.`);

const onlyPost = "Callbacks are sent with POST.";
const unproven = "This callback does not prove where it comes from.";
const unchecked = "Where this callback comes from cannot be checked at the moment. Send it again later.";
const tooMany = "Too many callbacks are under way. Send it again in a few seconds.";
