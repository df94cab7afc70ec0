import type { Sleep } from "../../kernel/clock.ts";
import type { Events } from "../../kernel/events.ts";
import type { Targets } from "../../resilience/targets.ts";
import type { ToolAnswer, Toolbox, ToolRequest } from "../../tools/toolbox.ts";
import { withIdempotencyKey } from "../../tools/with-idempotency-key.ts";
import { callServerTool } from "./call-server-tool.ts";
import { connect } from "./connect.ts";
import { type ClientLimits, clientLimits } from "./limits.ts";
import type { JsonObject } from "./model-schema.ts";
import type { OfferedTool } from "./offered-tools.ts";
import { createPrograms } from "./programs.ts";
import { createServerLink } from "./server-link.ts";
import type { ServerSettings } from "./server-settings.ts";
import { openServerTarget } from "./server-target.ts";
import { createTokenSource, type SignIn } from "./token-source.ts";
import { createToolList } from "./tool-list.ts";

export interface McpToolbox extends Toolbox {
  /** Lets calls end that are under way, for a short while; then ends connections and the programs behind them. */
  close(): Promise<void>;
}

export interface McpToolboxOptions {
  /** What we call ourselves. */
  readonly info: { readonly name: string; readonly version: string };
  readonly signIn: SignIn;
  readonly sleep: Sleep;
  readonly events: Events;
  readonly targets: Targets;
  readonly limits?: ClientLimits;
}

/**
 * The tools of other MCP servers. Nothing is opened before the first look. Each look asks all servers at the same
 * time, so that the slowest one is what it waits for, and that is bounded.
 */
export function createMcpToolbox(servers: readonly ServerSettings[], options: McpToolboxOptions): McpToolbox {
  const connected = servers.map((settings) => createServer(settings, options));
  return {
    async list() {
      const looks = await Promise.all(connected.map(({ list }) => list.look()));
      return looks.flatMap(({ tools }) => tools.map(({ original: _original, ...tool }) => tool));
    },
    async sources() {
      const looks = await Promise.all(connected.map(({ list }) => list.look()));
      return connected.map(({ name }, index) => {
        const { state = "unreachable", tools = [], warnings = [] } = looks[index] ?? {};
        return { server: name, state, tools: tools.length, warnings };
      });
    },
    async call(request) {
      const server = connected.find(({ name }) => request.name.startsWith(`${name}__`));
      return (await server?.call(request)) ?? failed(`There is no tool ${JSON.stringify(request.name)}.`);
    },
    close: async () => {
      await Promise.all(connected.map((server) => server.close()));
    },
  };
}

function createServer(settings: ServerSettings, options: McpToolboxOptions) {
  const { info, signIn, events, sleep, limits = clientLimits } = options;
  const { name, transport } = settings;
  const { monotonic } = signIn;
  const auth = transport.type === "stdio" ? undefined : transport.auth;
  const tokens = auth === undefined ? undefined : createTokenSource(auth, signIn);
  const onToolsChanged = (): void => list.changed();
  const programs = createPrograms();
  const open = (signal: AbortSignal) => connect(settings, { info, limits, tokens, programs, onToolsChanged, signal });
  const link = createServerLink({ server: name, open, monotonic, limits, events });
  const target = openServerTarget(options.targets, name);
  const list = createToolList({ settings, target, link, limits, monotonic, sleep, events });

  const calls = new Set<Promise<unknown>>();

  const find = async (called: string): Promise<OfferedTool | undefined> => {
    const tools = list.last()?.tools ?? (await list.look()).tools;
    return tools.find((tool) => tool.name === called);
  };

  const callTool = async (request: ToolRequest): Promise<ToolAnswer> => {
    request.signal.throwIfAborted();
    const tool = await find(request.name);
    if (tool === undefined) return failed(`There is no tool ${JSON.stringify(request.name)} at the moment.`);
    const input = readArguments(request.arguments);
    if (input === undefined) return failed(`The arguments of ${request.name} must be a JSON object.`);
    const keyed = withIdempotencyKey(input, tool.inputSchema, request.idempotencyKey);
    return callServerTool(tool, keyed, request, { target, link, limits, events });
  };

  return {
    name,
    list,
    async call(request: ToolRequest): Promise<ToolAnswer> {
      const call = callTool(request);
      calls.add(call);
      return call.finally(() => calls.delete(call));
    },
    async close(): Promise<void> {
      const over = new AbortController();
      await Promise.race([Promise.allSettled(calls), sleep(limits.lastCallsMs, over.signal)]);
      over.abort();
      await Promise.all([link.close(), programs.end()]);
    },
  };
}

function readArguments(text: string): JsonObject | undefined {
  try {
    const parsed: unknown = text.trim() === "" ? {} : JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

const failed = (content: string): ToolAnswer => ({ content, isError: true });
