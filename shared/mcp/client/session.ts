import { z } from "zod";
import { connect } from "./connect.ts";
import { type ClientLimits, clientLimits } from "./limits.ts";
import type { JsonObject } from "./model-schema.ts";
import type { Connection } from "./open-connection.ts";
import { createPrograms } from "./programs.ts";
import { AnswerTooLong, deepestCause, failureBehind, statusOf } from "./server-failure.ts";
import type { TokenSource } from "./token-source.ts";
import { fetchTools } from "./tool-list.ts";

/** A server that the app itself speaks with, as opposed to a model: what it says is not turned into words. */
export interface McpSession {
  readonly tools: readonly { readonly name: string; readonly inputSchema: JsonObject }[];
  isOpen(): boolean;
  /** Never throws; ends with the signal. @param meta goes along with the call: traceparent */
  call(
    name: string,
    input: JsonObject,
    signal: AbortSignal,
    meta?: Readonly<Record<string, string>>,
  ): Promise<McpAnswer | McpTrouble>;
  close(): Promise<void>;
}

export interface McpAnswer {
  readonly structured: unknown;
  readonly text: string;
  readonly isError: boolean;
}

/**
 * `absent`: something answers there that is no MCP server, or does not know our session any more; nothing was called.
 * `sign_in`: it refuses the token. `unreachable`: it may be well later. `unusable`: its answer cannot be read.
 */
export interface McpTrouble {
  readonly trouble: "absent" | "sign_in" | "unreachable" | "unusable";
  readonly cause: unknown;
}

export interface SessionAddress {
  readonly url: string;
  readonly tokens: TokenSource;
  /** Of one message. */
  readonly messageBytes: number;
  readonly signal: AbortSignal;
}

/** Opens sessions with servers on the network. Never throws. */
export const createOpenSession =
  (info: { readonly name: string; readonly version: string }) =>
  async ({ url, tokens, messageBytes, signal }: SessionAddress): Promise<McpSession | McpTrouble> => {
    const limits: ClientLimits = { ...clientLimits, messageBytes };
    const settings = { name: "session", transport: { type: "http", url }, readOnly: false } as const;
    let connection: Connection | undefined;
    try {
      const programs = createPrograms();
      connection = await connect(settings, { info, limits, tokens, programs, onToolsChanged: () => {}, signal });
      const listed = await fetchTools({ ...connection, listen: () => {} }, settings, limits);
      return sessionOn(connection, listed);
    } catch (cause) {
      await connection?.close();
      return { trouble: troubleOf(cause, "absent"), cause };
    }
  };

const listedTool = z.looseObject({
  name: z.string(),
  inputSchema: z.looseObject({ type: z.literal("object") }).catch({ type: "object" }),
});

function sessionOn({ client, isOpen, close }: Connection, listed: readonly unknown[]): McpSession {
  const tools = listed.map((tool) => listedTool.safeParse(tool).data).filter((tool) => tool !== undefined);
  return {
    tools,
    isOpen,
    close,
    async call(name, input, signal, meta = {}) {
      const inputSchema = tools.find((tool) => tool.name === name)?.inputSchema ?? { type: "object" };
      try {
        const params = { name, arguments: { ...input }, _meta: { ...meta } };
        const result = await client.callTool(params, { signal, toolDefinition: { name, inputSchema } });
        const text = result.content.map((block) => (block.type === "text" ? block.text : "")).join("");
        return { structured: result.structuredContent, text, isError: result.isError === true };
      } catch (cause) {
        const refusal = protocolError(cause);
        if (refusal !== undefined) return { structured: undefined, text: refusal, isError: true };
        const isForgotten = statusOf(cause) === 400 && client.transport?.sessionId !== undefined;
        return { trouble: isForgotten ? "absent" : troubleOf(cause, "unusable"), cause };
      }
    },
  };
}

/** What the server said when it refused the call itself. */
const protocolError = (thrown: unknown): string | undefined =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "number" ? thrown.message : undefined;

/** @param otherwise for an answer that no MCP server gives */
function troubleOf(thrown: unknown, otherwise: McpTrouble["trouble"]): McpTrouble["trouble"] {
  const known = failureBehind(thrown);
  if (known instanceof AnswerTooLong) return otherwise;
  if (known !== undefined) return known.state === "auth_required" ? "sign_in" : "unreachable";
  const status = statusOf(thrown);
  if (status === undefined) return isForeign(thrown) ? otherwise : "unreachable";
  if (status === 401 || status === 403) return "sign_in";
  if (status === 404) return "absent";
  return status === 408 || status === 429 || status >= 500 ? "unreachable" : otherwise;
}

/** It answered, and with something else; the rest are connections that broke or never came about. */
function isForeign(thrown: unknown, depth = 0): boolean {
  if (!(thrown instanceof Error) || depth === deepestCause) return false;
  const code = "code" in thrown ? thrown.code : undefined;
  const isAnswer = typeof code === "number" || (typeof code === "string" && foreignCodes.has(code));
  if (isAnswer || thrown instanceof SyntaxError || thrown.name === "ZodError") return true;
  return isForeign(thrown.cause, depth + 1);
}

const foreignCodes: ReadonlySet<string> = new Set(["INVALID_RESULT", "CLIENT_HTTP_UNEXPECTED_CONTENT"]);
