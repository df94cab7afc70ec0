import type { Client, Transport } from "@modelcontextprotocol/client";
import { secondMs } from "../../kernel/clock.ts";
import type { ClientLimits } from "./limits.ts";
import type { Programs } from "./programs.ts";
import { ServerFailure } from "./server-failure.ts";
import type { ServerSettings } from "./server-settings.ts";
import type { TokenSource } from "./token-source.ts";

/** An open connection to one server. */
export interface Connection {
  readonly client: Client;
  readonly isOpen: () => boolean;
  /** Hidden from logs. */
  readonly lastToken: () => string | null;
  /** Sees to it that the server tells of changes of its list. */
  readonly listen: () => void;
  /** Notes that something is under way on it, until the function that it gives is called. */
  readonly begin: () => () => void;
  /** Closes it as soon as nothing is under way any more. */
  retire(): void;
  /** Ends what is under way, and a program that was started for it. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** What we call ourselves. */
  readonly info: { readonly name: string; readonly version: string };
  readonly limits: ClientLimits;
  readonly tokens: TokenSource | undefined;
  readonly programs: Programs;
  readonly onToolsChanged: () => void;
  /** Gives up an attempt that is under way. */
  readonly signal: AbortSignal;
}

/** The SDK is loaded with the first connection: an app without servers never pays for it (145 ms). */
export const loadSdk = () => import("@modelcontextprotocol/client");

/** @throws ServerFailure, or whatever the SDK throws */
export async function openConnection(
  transport: Transport,
  type: ServerSettings["transport"]["type"],
  limitMs: number,
  { info, onToolsChanged, signal }: ConnectOptions,
  lastToken: () => string | null,
): Promise<Connection> {
  const { Client: SdkClient, SseError } = await loadSdk();
  const client = new SdkClient(info, {
    // The older transport belongs to the older protocol. A program that is silent at the question is an older one, too.
    versionNegotiation: type === "sse" ? { mode: "legacy" } : { mode: "auto", probe: { timeoutMs: limitMs / 2 } },
    // Foreign schemas are neither compiled nor held against what the model is to read anyway.
    jsonSchemaValidator: {
      getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
    },
    inputRequired: { autoFulfill: false },
  });
  let isOpen = true;
  client.onclose = () => {
    isOpen = false;
  };
  client.onerror = (error) => {
    // A stream that broke belonged to a session that a new stream does not get back.
    if (isOpen && error instanceof SseError) void client.close().catch(() => undefined);
  };
  client.setNotificationHandler("notifications/tools/list_changed", onToolsChanged);
  await connectWithin(limitMs, client, transport, signal);
  return {
    client,
    isOpen: () => isOpen,
    lastToken,
    listen: createListener(client),
    ...createRetirement(() => end(client, transport)),
  };
}

async function connectWithin(
  limitMs: number,
  client: Client,
  transport: Transport,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.timeout(limitMs);
  const connecting = client.connect(transport, { timeout: limitMs });
  if (await isInTime(connecting, AbortSignal.any([limit, signal]))) return;
  await transport.close().catch(() => undefined);
  const words = signal.aborted
    ? "The app is stopping."
    : `It gave no answer within ${Math.round(limitMs / secondMs)} seconds.`;
  throw new ServerFailure("unreachable", words);
}

/** false: the signal was first, and whatever becomes of the work later is nobody's concern. */
async function isInTime(work: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  let onAbort = (): void => {};
  const over = new Promise<false>((resolve) => {
    onAbort = () => resolve(false);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work.then(() => true), over]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function createRetirement(close: () => Promise<void>): Pick<Connection, "begin" | "retire" | "close"> {
  let underWay = 0;
  let isRetired = false;
  const closeWhenIdle = (): void => {
    if (isRetired && underWay === 0) void close();
  };
  return {
    begin() {
      underWay++;
      return () => {
        underWay--;
        closeWhenIdle();
      };
    },
    retire() {
      isRetired = true;
      closeWhenIdle();
    },
    close,
  };
}

/** Since 2026-07-28 a server tells of changes only while it is asked to; without it the list is asked for in time. */
function createListener(client: Client): () => void {
  const canTell = client.getServerCapabilities()?.tools?.listChanged === true && client.getProtocolEra() === "modern";
  let isListening = false;
  return () => {
    if (!canTell || isListening) return;
    isListening = true;
    client
      .listen({ toolsListChanged: true })
      .then(({ closed }) => closed)
      .catch(() => undefined)
      .finally(() => {
        isListening = false;
      });
  };
}

/** A server that keeps sessions is told that this one is over, if it listens at once. */
async function end(client: Client, transport: Transport & { terminateSession?: () => Promise<void> }): Promise<void> {
  const told = transport.terminateSession?.() ?? Promise.resolve();
  await isInTime(told, AbortSignal.timeout(farewellMs)).catch(() => undefined);
  await client.close().catch(() => undefined);
}

const farewellMs = secondMs;
