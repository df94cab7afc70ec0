import { randomUUID } from "node:crypto";
import { sleep } from "../../shared/app/local-clocks.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import { type ClientLimits, clientLimits } from "../../shared/mcp/client/limits.ts";
import { createMcpToolbox } from "../../shared/mcp/client/mcp-toolbox.ts";
import type { ServerAuth, ServerSettings } from "../../shared/mcp/client/server-settings.ts";
import type { SignIn } from "../../shared/mcp/client/token-source.ts";
import type { Targets } from "../../shared/resilience/targets.ts";
import type { ToolAnswer } from "../../shared/tools/toolbox.ts";
import { createQuietTargets } from "./quiet-targets.ts";

export interface ToolClientOptions {
  readonly limits?: Partial<ClientLimits>;
  readonly signIn?: Partial<SignIn>;
  readonly targets?: Targets;
}

/** The real toolbox of MCP servers, closed at the end of its block, on a clock that can be moved on. */
export function createToolClient(servers: readonly ServerSettings[], options: ToolClientOptions = {}) {
  let ahead = 0;
  const monotonic = (): number => performance.now() + ahead;
  const recorded: AppEvent[] = [];
  const toolbox = createMcpToolbox(servers, {
    info: { name: "scheduled-conversations", version: "1.2.3" },
    signIn: { identityToken: neverAsked, readSecret: neverAsked, ...options.signIn, monotonic },
    sleep,
    targets: options.targets ?? createQuietTargets(),
    events: { record: (event) => void recorded.push(event) },
    limits: { ...clientLimits, ...options.limits },
  });
  return {
    toolbox,
    recorded,
    passTime(milliseconds: number): void {
      ahead += milliseconds;
    },
    async names(): Promise<readonly string[]> {
      return (await toolbox.list()).map(({ name }) => name);
    },
    call(name: string, input: object | string = {}, signal = new AbortController().signal): Promise<ToolAnswer> {
      const text = typeof input === "string" ? input : JSON.stringify(input);
      return toolbox.call({ name, arguments: text, owner: "local", idempotencyKey: randomUUID(), signal });
    },
    [Symbol.asyncDispose]: () => toolbox.close(),
  };
}

async function neverAsked(): Promise<never> {
  throw new Error("Nobody should have asked for this.");
}

/** A server on the network, as MCP_SERVERS would describe it. */
export const webServer = (
  url: string | URL,
  more: { name?: string; type?: "http" | "sse"; auth?: ServerAuth; tools?: string[]; readOnly?: boolean } = {},
): ServerSettings => {
  const { name = "web", type = "http", auth, tools, readOnly = false } = more;
  return { name, transport: { type, url: String(url), auth }, tools, readOnly };
};

/** A program that this Node runs. */
export const program = (name: string, ...args: string[]): ServerSettings => ({
  name,
  transport: { type: "stdio", command: process.execPath, args, env: {} },
  readOnly: false,
});
