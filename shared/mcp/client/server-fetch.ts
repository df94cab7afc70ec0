import { boundedResponse } from "./bounded-body.ts";
import { currentCall } from "./call-watch.ts";
import { AnswerTooLong, ServerFailure } from "./server-failure.ts";
import type { TokenSource } from "./token-source.ts";

export interface ServerFetch {
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** Hidden from logs. */
  readonly lastToken: () => string | null;
  /** Why the newest request failed; some transports lose it on the way. */
  readonly lastFailure: () => ServerFailure | undefined;
}

export interface ServerFetchOptions {
  readonly tokens: TokenSource | undefined;
  readonly limitBytes: number;
  /** Answers come with the response to their request; with the older transport they come through another stream. */
  readonly answersInResponse: boolean;
  /** A stream that was to be resumed is gone, and whoever waits for an answer through it waits in vain. */
  readonly onBroken: () => void;
}

/** Every request of one server's transport: signed in with a fresh token, refused once at most, bounded in size. */
export function createServerFetch(options: ServerFetchOptions): ServerFetch {
  const { tokens, limitBytes, answersInResponse, onBroken } = options;
  let lastToken: string | null = null;
  let lastFailure: ServerFailure | undefined;

  const send = async (url: string | URL, init: RequestInit | undefined, token: string | undefined) => {
    const headers = new Headers(init?.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    return fetch(url, { ...init, headers });
  };

  const sendSignedIn = async (url: string | URL, init: RequestInit | undefined): Promise<Response> => {
    const token = await tokens?.token();
    lastToken = token ?? null;
    const response = await send(url, init, token);
    if (response.status !== 401 || tokens === undefined || token === undefined) return response;
    tokens.refuse(token);
    const fresh = await tokens.token();
    if (fresh === token) return response;
    await response.body?.cancel();
    lastToken = fresh;
    return send(url, init, fresh);
  };

  return {
    lastToken: () => lastToken,
    lastFailure: () => lastFailure,
    async fetch(url, init) {
      const call = answersInResponse && init?.method === "POST" ? currentCall.getStore() : undefined;
      try {
        const response = await sendSignedIn(url, init);
        await throwIfRefused(response, tokens !== undefined);
        if (!response.ok && isResumption(init)) onBroken();
        lastFailure = undefined;
        return boundedResponse(response, {
          limitBytes,
          tooLong: () => new AnswerTooLong(limitBytes),
          ended: ({ canResume, cause }) => {
            if (!canResume) call?.streamEnded(cause);
          },
        });
      } catch (thrown) {
        if (thrown instanceof ServerFailure) lastFailure = thrown;
        if (isResumption(init) && init?.signal?.aborted !== true) onBroken();
        throw thrown;
      }
    },
  };
}

async function throwIfRefused(response: Response, isSignedIn: boolean): Promise<void> {
  if (response.status !== 401 && response.status !== 403) return;
  await response.body?.cancel();
  throw new ServerFailure(
    "auth_required",
    isSignedIn
      ? `It refused this app's sign-in with HTTP ${response.status}.`
      : `It wants a sign-in (HTTP ${response.status}), and MCP_SERVERS gives none for it.`,
  );
}

const isResumption = (init: RequestInit | undefined): boolean => new Headers(init?.headers).has("last-event-id");
