import type { Events } from "../../kernel/events.ts";
import { withoutSecrets } from "../../kernel/without-secrets.ts";
import { BreakerOpen } from "../../resilience/breaker.ts";
import type { ClientLimits } from "./limits.ts";
import type { Connection } from "./open-connection.ts";
import { failureBehind, ServerFailure } from "./server-failure.ts";

/** The one pooled connection to a server, opened with its first use. */
export interface ServerLink {
  /** @throws ServerFailure; BreakerOpen at once while the server is left alone after a failure */
  connection(): Promise<Connection>;
  /** Whether the connection is open, so that what was learned through it still holds. */
  isOpen(): boolean;
  /** The next use opens a new one. What is under way on this one goes on. */
  drop(connection: Connection): void;
  /**
   * The server failed: it is left alone for a while, longer with each time. What fails together with the connection
   * counts once.
   * @param connection absent when there was none to be had, which is known already
   */
  failed(thrown: unknown, connection: Connection | undefined): ServerFailure;
  /** The server did what was asked. */
  worked(): void;
  /** Hidden from logs. */
  lastToken(): string | null;
  close(): Promise<void>;
  isClosed(): boolean;
}

export interface LinkOptions {
  readonly server: string;
  readonly open: (signal: AbortSignal) => Promise<Connection>;
  readonly monotonic: () => number;
  readonly limits: ClientLimits;
  readonly events: Events;
}

export function createServerLink(options: LinkOptions): ServerLink {
  const { open, monotonic } = options;
  let current: Promise<Connection> | undefined;
  let opened: Connection | undefined;
  let lastOpened: Connection | undefined;
  const closing = new AbortController();
  const rest = createRest(options);
  const lastToken = (): string | null => lastOpened?.lastToken() ?? null;

  const drop = (connection: Connection): void => {
    if (connection === opened) {
      current = undefined;
      opened = undefined;
    }
    connection.retire();
  };

  const note = (thrown: unknown): ServerFailure => {
    const failure = toFailure(thrown);
    rest.begin(failure);
    if (!closing.signal.aborted) recordFailure(options, failure, thrown, lastToken());
    return failure;
  };

  const openNew = async (): Promise<Connection> => {
    try {
      const connection = await open(closing.signal);
      opened = connection;
      lastOpened = connection;
      return connection;
    } catch (thrown) {
      current = undefined;
      throw note(thrown);
    }
  };

  return {
    async connection() {
      if (closing.signal.aborted) throw new ServerFailure("unreachable", "The app is stopping.");
      if (opened !== undefined && !opened.isOpen()) drop(opened);
      if (current === undefined) rest.throwIfResting(monotonic());
      current ??= openNew();
      return current;
    },
    isOpen: () => opened?.isOpen() === true,
    drop,
    failed(thrown, connection) {
      if (connection === undefined || connection !== opened) return toFailure(thrown);
      drop(connection);
      return note(thrown);
    },
    worked: rest.end,
    lastToken,
    async close() {
      closing.abort();
      await current?.catch(() => undefined);
      await opened?.close();
    },
    isClosed: () => closing.signal.aborted,
  };
}

/** Times of rest, so that a dead server costs little. */
function createRest({ limits, monotonic }: LinkOptions) {
  let times = 0;
  let resting: { failure: ServerFailure; until: number } | undefined;
  return {
    begin(failure: ServerFailure): void {
      const ms = Math.min(limits.longestRestMs, limits.restMs * 2 ** times);
      times++;
      resting = { failure, until: monotonic() + ms };
    },
    throwIfResting(now: number): void {
      if (resting === undefined || now >= resting.until) return;
      throw new BreakerOpen(resting.failure, Date.now() + resting.until - now);
    },
    end(): void {
      times = 0;
      resting = undefined;
    },
  };
}

function toFailure(thrown: unknown): ServerFailure {
  const known = failureBehind(thrown);
  if (known instanceof ServerFailure) return known;
  return new ServerFailure("unreachable", known?.message ?? "It cannot be reached.", thrown);
}

function recordFailure(
  { server, events }: LinkOptions,
  failure: ServerFailure,
  thrown: unknown,
  token: string | null,
): void {
  events.record({
    level: "warning",
    name: "tool_server.failed",
    message: `The MCP server ${server} cannot be used: ${failure.message}`,
    fields: { server, state: failure.state },
    cause: withoutSecrets(thrown, token),
  });
}
