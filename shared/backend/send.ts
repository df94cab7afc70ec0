import { parseJson } from "../kernel/json.ts";
import { readAtMost } from "../kernel/read-at-most.ts";
import { blotSecrets, withoutSecrets } from "../kernel/without-secrets.ts";
import { retryAfterMs } from "../resilience/retry-after.ts";
import type { Attempt } from "../resilience/targets.ts";
import { unlessAborted } from "../resilience/unless-aborted.ts";
import { type Asked, BackendFailure, timedOut, unreachable, unusable } from "./backend-failure.ts";
import { toFailure } from "./refusal.ts";

export interface BackendRequest extends Asked {
  /** Below the backend's address, encoded. */
  readonly path: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

export interface SendOptions {
  readonly url: string;
  /** Of one request, from the sign-in to the last byte. */
  readonly timeoutMs: number;
  /** Bearer token for each request; absent: none is sent. */
  readonly token: (() => Promise<string>) | undefined;
}

/** A longer answer is not read to its end: a run keeps 64 KiB of a tool's result. */
const answerBytes = 1024 * 1024;

/** Sends one request and gives the JSON of its answer. @throws BackendFailure; once the attempt is over nobody listens */
export function createSend({ url, timeoutMs, token }: SendOptions) {
  const base = url.endsWith("/") ? url : `${url}/`;
  return async (request: BackendRequest, attempt: Attempt): Promise<unknown> => {
    // The target's own limit knows nothing of the request, and so not whether it may be repeated.
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([attempt.signal, limit]);
    const bearer = token === undefined ? null : await signIn(token, signal);
    try {
      const response = await fetch(addressOf(base, request), {
        method: request.method,
        headers: headersOf(request, bearer, attempt.headers),
        body: request.body === undefined ? null : JSON.stringify(request.body),
        // A token is not sent on to where somebody else points.
        redirect: "manual",
        signal,
      });
      return await readAnswer(request, response, bearer);
    } catch (thrown) {
      if (thrown instanceof BackendFailure) throw thrown;
      const cause = withoutSecrets(thrown, bearer);
      throw limit.aborted ? timedOut(request, cause) : unreachable(request, cause);
    }
  };
}

async function signIn(token: () => Promise<string>, signal: AbortSignal): Promise<string> {
  try {
    return await unlessAborted(token(), signal);
  } catch (thrown) {
    throw new BackendFailure(
      "AUTHENTICATION_ERROR",
      "This app's identity gets no token for the backend. The operator checks BACKEND_API_SCOPE and the identity.",
      {},
      { cause: withoutSecrets(thrown, null) },
    );
  }
}

function addressOf(base: string, { path, query = {} }: BackendRequest): URL {
  const address = new URL(path, base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  return address;
}

const headersOf = (
  { body, idempotencyKey }: BackendRequest,
  bearer: string | null,
  traced: Attempt["headers"],
): Record<string, string> => ({
  ...traced,
  accept: "application/json",
  "user-agent": "scheduled-conversations",
  ...(body === undefined ? {} : { "content-type": "application/json" }),
  ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
  ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
});

async function readAnswer(request: BackendRequest, response: Response, bearer: string | null): Promise<unknown> {
  const { status, headers } = response;
  const body = await readAtMost(response.body, answerBytes);
  if (body === undefined) throw tooLong(request);
  const text = body.toString("utf8");
  const cause = said(status, text, bearer);
  if (!response.ok) throw toFailure(request, { status, text, retryAfterMs: retryAfterMs(headers), cause });
  const isJson = /^application\/([\w.-]+\+)?json\b/i.test(headers.get("content-type") ?? "");
  const json = isJson ? parseJson(text) : undefined;
  if (json === undefined) throw unusable(request, "an answer that is no JSON", cause);
  return json;
}

/** It is well: less can be asked of it. */
const tooLong = ({ method }: BackendRequest): BackendFailure =>
  new BackendFailure(
    "SERVICE_ERROR",
    `The backend's answer is longer than ${answerBytes / 1024} KiB. Ask for less, with a smaller limit or more filters.`,
    method === "POST" ? { may_be_done: true } : {},
  );

const said = (status: number, text: string, bearer: string | null): Error =>
  new Error(`HTTP ${status}: ${blotSecrets(text.slice(0, 500), bearer) || "(empty)"}`);
