import { createBackend, type RestBackend } from "../../shared/backend/backend.ts";
import type { Backend } from "../../shared/catalog/backend.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import { silentTelemetry } from "../../shared/kernel/telemetry.ts";
import { createTargets, type Target } from "../../shared/resilience/targets.ts";
import { startSampleBackend } from "../../tools/sample-backend/sample-backend.ts";
import { startWebServer } from "./web-server.ts";

export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What becomes of one request; `pass` hands it to the sample backend. Throwing breaks the connection. */
export type Bend = (pass: () => Promise<Response>) => Promise<Response> | Response;

export interface BackendOptions {
  readonly timeoutMs?: number;
  readonly token?: (() => Promise<string>) | undefined;
  /** The token that the sample backend lets in. */
  readonly admits?: string;
}

export interface ServedBackend extends AsyncDisposable {
  readonly url: string;
  /** The real client of it, which waits for no jitter. */
  readonly backend: RestBackend;
  readonly target: Target;
  readonly events: readonly AppEvent[];
  readonly seen: readonly SeenRequest[];
  /** The next requests go like this, one each; after them everything passes. */
  bendNext(...bends: Bend[]): void;
  /** Nobody listens any more. */
  stop(): Promise<void>;
}

/** The sample backend on a socket, with something between it and its client that can go wrong. */
export async function startBackend({ timeoutMs = 10_000, token, admits }: BackendOptions = {}): Promise<ServedBackend> {
  const sample = await startSampleBackend(admits === undefined ? {} : { token: admits });
  const seen: SeenRequest[] = [];
  const bends: Bend[] = [];
  const front = await startWebServer(async (request) => {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const body = await request.text();
    seen.push({ method, path: `${pathname}${search}`, headers, body });
    const onward = { method, headers: withoutHost(headers), body: method === "GET" ? null : body };
    const pass = () => fetch(`${sample.url}${pathname}${search}`, onward);
    return (bends.shift() ?? pass)(pass);
  });
  const url = `http://127.0.0.1:${front.port}`;
  const events: AppEvent[] = [];
  const targets = createTargets({
    events: { record: (event) => void events.push(event) },
    telemetry: silentTelemetry,
    random: () => 0,
  });
  const backend = createBackend({ url, timeoutMs, token, targets });
  const [target] = targets.all();
  if (target === undefined) throw new Error("The backend has opened no target.");
  const stop = async () => {
    await front[Symbol.asyncDispose]();
    await sample.stop();
  };
  let isStopped = false;
  const stopOnce = async () => {
    if (!isStopped) await stop();
    isStopped = true;
  };
  return {
    url,
    backend,
    target,
    events,
    seen,
    bendNext: (...next) => void bends.push(...next),
    stop: stopOnce,
    [Symbol.asyncDispose]: stopOnce,
  };
}

function withoutHost(headers: Headers): Headers {
  const onward = new Headers(headers);
  for (const name of ["host", "connection", "content-length"]) onward.delete(name);
  return onward;
}

export const says =
  (status: number, body: unknown = {}, headers: Record<string, string> = {}): Bend =>
  () =>
    Response.json(body, { status, headers });

/** Done over there, and then the connection breaks. */
export const loseAnswer: Bend = async (pass) => {
  await pass();
  throw new Error("lost");
};

export const breakBefore: Bend = () => {
  throw new Error("broken");
};

/** Done over there; the answer never comes. */
export const fallSilent: Bend = async (pass) => {
  await pass();
  return new Promise<never>(() => undefined);
};

/** For tests that look at the tools and never call them. */
export const unusedBackend: Backend = {
  readUser: unused,
  listUsers: unused,
  listTickets: unused,
  createTicket: unused,
  query: unused,
};

function unused(): never {
  throw new Error("Nobody calls the backend here.");
}
