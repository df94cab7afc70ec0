import { parseJson } from "../kernel/json.ts";
import { readAtMost } from "../kernel/read-at-most.ts";
import { retryAfterMs } from "../resilience/retry-after.ts";
import { SchedulerFailure, unreachable, unusable } from "./scheduler-failure.ts";

export interface Outgoing {
  readonly method: "GET" | "POST";
  /** Below the Scheduler's address. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly token?: string;
  /** Beside our own. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  /** undefined where the body is no JSON, or is not said to be any. */
  readonly json: unknown;
  readonly text: string;
}

/** Sends one request. @throws the signal's reason */
export type Send = (outgoing: Outgoing, signal: AbortSignal) => Promise<Reply>;

/**
 * Requests to one address, with answers up to a length. The connection is kept for the next request. Answers that mean
 * the same for every request are failures already: those that ask to come later, and those that send us elsewhere.
 */
export function createSend(baseUrl: string, answerBytes: number): Send {
  const base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
  return async ({ method, path, body, token, headers: more }, signal) => {
    const request: RequestInit = {
      method,
      headers: {
        ...more,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      // Secrets are not sent on to where somebody else points.
      redirect: "manual",
      signal,
    };
    const { response, text } = await exchange(new URL(path, base), request, answerBytes);
    const { status, headers } = response;
    throwIfUseless(response, text);
    const isJson = /^application\/([\w.-]+\+)?json\b/i.test(headers.get("content-type") ?? "");
    return { status, text, json: isJson ? parseJson(text) : undefined };
  };
}

async function exchange(url: URL, request: RequestInit, answerBytes: number) {
  try {
    const response = await fetch(url, request);
    const body = await readAtMost(response.body, answerBytes);
    if (body !== undefined) return { response, text: body.toString("utf8") };
  } catch (thrown) {
    request.signal?.throwIfAborted();
    throw unreachable(thrown);
  }
  throw unusable(`an answer longer than ${answerBytes / 1024} KiB`);
}

function throwIfUseless({ status, headers }: Response, text: string): void {
  const cause = said(status, text);
  if (status >= 500 || status === 408 || status === 429) {
    throw new SchedulerFailure(
      "unavailable",
      `The external Scheduler answered with HTTP ${status}. If that stays, look into its own log.`,
      { status, retryAfterMs: retryAfterMs(headers), cause },
    );
  }
  if (status >= 300 && status < 400) throw unusable(`a redirect (HTTP ${status})`, cause);
}

/** The other side's words as an error for the log. */
export const said = (status: number, text: string): Error =>
  new Error(`HTTP ${status}: ${text.slice(0, 1000) || "(empty)"}`);
