import { secondMs } from "../../kernel/clock.ts";
import type { Events } from "../../kernel/events.ts";
import { withoutSecrets } from "../../kernel/without-secrets.ts";
import type { Attempt, Target } from "../../resilience/targets.ts";
import type { ToolAnswer, ToolRequest } from "../../tools/toolbox.ts";
import { currentCall } from "./call-watch.ts";
import type { ClientLimits } from "./limits.ts";
import type { JsonObject } from "./model-schema.ts";
import type { OfferedTool } from "./offered-tools.ts";
import type { Connection } from "./open-connection.ts";
import { failureBehind, ServerFailure, statusOf } from "./server-failure.ts";
import type { ServerLink } from "./server-link.ts";
import { toToolAnswer } from "./tool-answer.ts";

export interface CallOptions {
  readonly target: Target;
  readonly link: ServerLink;
  readonly limits: ClientLimits;
  readonly events: Events;
}

/**
 * Calls a tool on its server. What goes wrong is told in our own words. A call is made again only when the server
 * refused it because it had forgotten our session: then it was not carried out.
 * @throws only when the signal aborts, or when the link is closed meanwhile
 */
export async function callServerTool(
  tool: OfferedTool,
  input: JsonObject,
  request: ToolRequest,
  options: CallOptions,
): Promise<ToolAnswer> {
  const { target, link, limits } = options;
  let connection: Connection | undefined;
  const attempt = async (context: Attempt): Promise<ToolAnswer> => {
    const call = { tool, input, idempotencyKey: request.idempotencyKey, limits };
    connection = await link.connection();
    try {
      return await callOn(connection, call, context);
    } catch (thrown) {
      if (!isSessionForgotten(thrown, connection)) throw thrown;
      link.drop(connection);
      connection = await link.connection();
      return await callOn(connection, call, context);
    }
  };
  try {
    return await target.call("tools/call", attempt, request.signal);
  } catch (thrown) {
    request.signal.throwIfAborted();
    // Cut off by ourselves: no answer about the tool. Another worker makes the call again, with the same key.
    if (link.isClosed()) throw thrown;
    return failedAnswer(thrown, connection, tool, options);
  }
}

/** Where a server that knows it finds the key that is the same for a repeat of the same call. */
const idempotencyMember = "scheduled-conversations/idempotency-key";

/** The last event may still be on its way through the parser when its stream has ended. */
const graceMs = 250;

interface Call extends Pick<ToolRequest, "idempotencyKey"> {
  readonly tool: OfferedTool;
  readonly input: JsonObject;
  readonly limits: ClientLimits;
}

async function callOn(
  { client, begin }: Connection,
  { tool, input, idempotencyKey, limits }: Call,
  { signal, headers }: Attempt,
): Promise<ToolAnswer> {
  const cut = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const streamEnded = (cause: unknown): void => {
    timer ??= setTimeout(() => cut.abort(failureBehind(cause) ?? new StreamCut(cause)), graceMs);
  };
  const params = {
    name: tool.original,
    arguments: { ...input },
    _meta: { ...headers, [idempotencyMember]: idempotencyKey },
  };
  const ended = new Promise<never>((_resolve, reject) => {
    cut.signal.addEventListener("abort", () => reject(cut.signal.reason), { once: true });
  });
  const done = begin();
  try {
    const call = currentCall.run({ streamEnded }, () =>
      client.callTool(params, {
        signal: AbortSignal.any([signal, cut.signal]),
        timeout: limits.callMs,
        resetTimeoutOnProgress: true,
        onprogress: () => {},
        // For the headers that revision 2026-07-28 wants for some arguments.
        toolDefinition: { name: tool.original, inputSchema: { ...tool.inputSchema, type: "object" } },
      }),
    );
    return toToolAnswer(await Promise.race([call, ended]));
  } finally {
    clearTimeout(timer);
    done();
  }
}

/** The response to the call ended before the answer. */
class StreamCut extends Error {
  constructor(cause: unknown) {
    super("The response ended without an answer.", { cause });
  }
}

/** A server that was started anew refuses the session of the one before: 404 by the specification, 400 by habit. */
function isSessionForgotten(thrown: unknown, { client }: Connection): boolean {
  const status = statusOf(thrown);
  return client.transport?.sessionId !== undefined && (status === 404 || status === 400);
}

function failedAnswer(
  thrown: unknown,
  connection: Connection | undefined,
  tool: OfferedTool,
  { link, limits, events }: CallOptions,
): ToolAnswer {
  const { words, isServers } = describe(thrown, tool, limits);
  if (isServers) link.failed(thrown, connection);
  else {
    const fields = { tool: tool.name, server: tool.server };
    const cause = withoutSecrets(thrown, link.lastToken());
    events.record({ level: "warning", name: "tool.failed", message: words, fields, cause });
  }
  return { content: words, isError: true };
}

interface Description {
  readonly words: string;
  /** The server cannot be used, as opposed to: this call failed. */
  readonly isServers: boolean;
}

function describe(thrown: unknown, { name, server }: OfferedTool, { callMs }: ClientLimits): Description {
  const known = failureBehind(thrown);
  if (known instanceof ServerFailure) {
    return {
      words: `The server ${server} cannot be used now, and nothing was called. ${known.message}`,
      isServers: true,
    };
  }
  if (known !== undefined)
    return { words: `The tool ${name} gave no usable answer. ${known.message}`, isServers: false };
  const code = typeof thrown === "object" && thrown !== null && "code" in thrown ? thrown.code : undefined;
  if (code === "UNSUPPORTED_RESULT_TYPE" || code === missingCapability) {
    return { words: `The tool ${name} needs what a run does not have, such as answers of a person.`, isServers: false };
  }
  if (typeof code === "number") return { words: refusedWords(name, code), isServers: false };
  if (code === "REQUEST_TIMEOUT") {
    return { words: `The tool ${name} gave no sign of life for ${callMs / secondMs} seconds.`, isServers: false };
  }
  const status = statusOf(thrown);
  if (status !== undefined) return { words: `The server ${server} answered with HTTP ${status}.`, isServers: false };
  if (code === "INVALID_RESULT" || code === "CLIENT_HTTP_UNEXPECTED_CONTENT" || isUnreadable(thrown)) {
    return { words: `The server ${server} gave an answer that cannot be read.`, isServers: false };
  }
  if (isUnreached(thrown)) {
    return { words: `The server ${server} cannot be reached, and nothing was called.`, isServers: true };
  }
  return {
    words: `The connection to the server ${server} broke before it answered. The call may have been carried out or not.`,
    isServers: true,
  };
}

/** The server wants to ask the client something, and we declare nothing (2026-07-28). */
const missingCapability = -32021;

/** -32602: what the specification wants for an unknown tool and for arguments that do not fit. */
const refusedWords = (name: string, code: number): string =>
  code === -32602
    ? `The server refused the call of ${name}: the arguments do not fit, or it does not have the tool any more.`
    : `The server answered the call of ${name} with the protocol error ${code}.`;

const isUnreadable = (thrown: unknown): boolean =>
  thrown instanceof SyntaxError || (thrown instanceof Error && thrown.name === "ZodError");

/** No connection came about, so nothing was sent. */
const isUnreached = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  thrown.cause instanceof Error &&
  "code" in thrown.cause &&
  ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(String(thrown.cause.code));
