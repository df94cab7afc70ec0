import type { Client } from "@modelcontextprotocol/client";
import { z } from "zod";
import type { Sleep } from "../../kernel/clock.ts";
import type { Events } from "../../kernel/events.ts";
import type { Target } from "../../resilience/targets.ts";
import type { ToolSource } from "../../tools/toolbox.ts";
import type { ClientLimits } from "./limits.ts";
import { type OfferedTools, offeredTools } from "./offered-tools.ts";
import type { Connection } from "./open-connection.ts";
import { ServerFailure } from "./server-failure.ts";
import type { ServerLink } from "./server-link.ts";
import type { ServerSettings } from "./server-settings.ts";

/** A server and its tools as they are now. */
export interface Look extends OfferedTools {
  readonly state: ToolSource["state"];
}

export interface ToolList {
  /** Never throws; waits for a server no longer than the limits say. */
  look(): Promise<Look>;
  /** The tools that were last seen. */
  last(): OfferedTools | undefined;
  /** The server has other tools by now. */
  changed(): void;
}

export interface ToolListOptions {
  readonly settings: ServerSettings;
  readonly target: Target;
  readonly link: ServerLink;
  readonly limits: ClientLimits;
  readonly monotonic: () => number;
  readonly sleep: Sleep;
  readonly events: Events;
}

/**
 * The list of a server's tools, asked for when it has changed, is old or was never seen. A server that is slow keeps
 * the tools that were last seen; one that failed has none until it answers again.
 */
export function createToolList(options: ToolListOptions): ToolList {
  const { settings, target, link, limits, monotonic } = options;
  const waitMs = settings.transport.type === "stdio" ? limits.waitForProgramMs : limits.waitMs;
  let seen: OfferedTools | undefined;
  let freshUntil = Number.NEGATIVE_INFINITY;
  let refreshing: { readonly startedAt: number; readonly done: Promise<Look> } | undefined;

  const refresh = async (): Promise<Look> => {
    let connection: Connection | undefined;
    try {
      // A change that is told of while the list is on its way counts: it is asked for once more.
      freshUntil = monotonic() + limits.refreshMs;
      const listed = await target.call("tools/list", async () => {
        connection = await link.connection();
        return fetchTools(connection, settings, limits);
      });
      seen = offeredTools(settings, listed);
      link.worked();
      recordTools(options, seen);
      return { state: "ready", ...seen };
    } catch (thrown) {
      freshUntil = Number.NEGATIVE_INFINITY;
      return unusable(link.failed(thrown, connection));
    } finally {
      refreshing = undefined;
    }
  };

  return {
    async look() {
      const isFresh = refreshing === undefined && link.isOpen() && monotonic() < freshUntil;
      if (seen !== undefined && isFresh) return { state: "ready", ...seen };
      refreshing ??= { startedAt: monotonic(), done: refresh() };
      const { startedAt, done } = refreshing;
      const inTime = await waitFor(done, startedAt + waitMs - monotonic(), options.sleep);
      return inTime ?? (seen === undefined ? stillWaiting : { state: "ready", ...seen });
    },
    last: () => seen,
    changed() {
      freshUntil = Number.NEGATIVE_INFINITY;
    },
  };
}

const stillWaiting: Look = { state: "unreachable", tools: [], warnings: ["It has not answered yet."] };

const unusable = ({ state, message }: ServerFailure): Look => ({ state, tools: [], warnings: [message] });

async function waitFor<T>(work: Promise<T>, milliseconds: number, sleep: Sleep): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([work, sleep(Math.max(0, milliseconds), over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}

/** Pages of a list, and tools on all of them: more is a server without end. */
const maximumPages = 64;
const maximumTools = 2000;

/** Looser than the SDK's own, which refuses all tools for the sake of one. */
const page = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

export async function fetchTools(
  { client, listen }: Connection,
  { transport }: Pick<ServerSettings, "transport">,
  limits: ClientLimits,
): Promise<unknown[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const signal = AbortSignal.timeout(transport.type === "stdio" ? limits.startMs : limits.openMs);
  const tools: unknown[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < maximumPages; pages++) {
    const next = await askForPage(client, cursor, signal);
    tools.push(...next.tools);
    cursor = next.nextCursor;
    if (cursor === undefined) {
      listen();
      return tools;
    }
    if (tools.length > maximumTools) break;
  }
  throw new ServerFailure("unreachable", "Its list of tools has no end.");
}

async function askForPage(client: Client, cursor: string | undefined, signal: AbortSignal) {
  const params = cursor === undefined ? {} : { cursor };
  return client.request({ method: "tools/list", params }, page, { signal });
}

/** Once for each change, so that the log tells what an operator has to mend. */
function recordTools({ settings, events }: ToolListOptions, { tools, warnings }: OfferedTools): void {
  events.record({
    level: warnings.length > 0 ? "warning" : "info",
    name: "tool_server.listed",
    message: `The MCP server ${settings.name} offers ${tools.length} tools.`,
    fields: { server: settings.name, tools: tools.length, warnings: warnings.join(" ") },
  });
}
