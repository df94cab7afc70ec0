import { parseJson } from "../kernel/json.ts";
import type { TokenCache } from "../resilience/token-cache.ts";
import { type Answer, type Dialect, hasAllTools, plainName } from "./dialect.ts";
import { SchedulerFailure, toFailure, unusable } from "./scheduler-failure.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** A session with a true MCP server; the app hands in the MCP client's. */
export interface McpSession {
  readonly tools: readonly { readonly name: string; readonly inputSchema: JsonObject }[];
  isOpen(): boolean;
  /** @param meta goes along with the call: traceparent */
  call(
    name: string,
    input: JsonObject,
    signal: AbortSignal,
    meta: Readonly<Record<string, string>>,
  ): Promise<McpAnswer | McpTrouble>;
  close(): Promise<void>;
}

interface McpAnswer {
  readonly structured: unknown;
  readonly text: string;
  readonly isError: boolean;
}

/** `absent`: what answers there is no MCP server, or does not know the session any more; nothing was called. */
interface McpTrouble {
  readonly trouble: "absent" | "sign_in" | "unreachable" | "unusable";
  readonly cause: unknown;
}

/** Tries to open a session; never throws. */
export type OpenMcpSession = (address: {
  readonly url: string;
  readonly tokens: TokenCache;
  readonly messageBytes: number;
  readonly signal: AbortSignal;
}) => Promise<McpSession | McpTrouble>;

/** Asks for an MCP session; undefined when what answers is no MCP server, or none that schedules. */
export async function findMcp(
  open: OpenMcpSession,
  address: Parameters<OpenMcpSession>[0],
): Promise<Dialect | undefined> {
  const session = await open(address);
  if ("trouble" in session) {
    if (session.trouble === "absent") return undefined;
    throw failureOf(session);
  }
  if (hasAllTools(session.tools.map(({ name }) => name))) return dialectOn(session);
  await session.close();
  return undefined;
}

function dialectOn(session: McpSession): Dialect {
  return {
    name: "mcp",
    isOpen: () => session.isOpen(),
    close: () => session.close(),
    async call(wanted, input, { signal, headers }) {
      const tool = session.tools.find(({ name }) => plainName(name) === plainName(wanted));
      if (tool === undefined) throw unusable(`no tool ${wanted}`);
      const answer = await session.call(tool.name, spelled(input, tool.inputSchema), signal, headers);
      if (!("trouble" in answer)) return answerOf(answer);
      signal.throwIfAborted();
      throw failureOf(answer);
    },
  };
}

/** The input with its names as the tool writes them. */
function spelled(input: JsonObject, { properties }: JsonObject): JsonObject {
  const names = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  const spell = (name: string): string => names.find((other) => plainName(other) === plainName(name)) ?? name;
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [spell(name), value]));
}

function answerOf({ structured, text, isError }: McpAnswer): Answer {
  if (isError) return { kind: "refused", words: text };
  // A bare word is the result itself; `true`, `"a quoted word"` and {"result"} are JSON.
  const value = structured ?? parseJson(text) ?? text;
  const isWrapped = typeof value === "object" && value !== null && "result" in value;
  return { kind: "result", value: isWrapped ? value.result : value };
}

function failureOf({ trouble, cause }: McpTrouble): SchedulerFailure {
  const known = toFailure(cause);
  switch (trouble) {
    case "unreachable":
      return known;
    case "sign_in":
      return known.trouble === "sign_in" ? known : new SchedulerFailure("sign_in", signInWords, { cause });
    case "absent":
      return new SchedulerFailure("gone", goneWords, { cause });
    case "unusable":
      return unusable("an answer that is none", cause);
  }
}

const signInWords =
  "The external Scheduler refuses the sign-in at /mcp. Compare the secrets or the scope of the sign-in with its own.";
const goneWords = "The external Scheduler does not answer as an MCP server at /mcp any more. Check SCHEDULER_URL.";
