import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";
import { type Answer, answers, type ToolName } from "./answers.ts";

export interface Session {
  /** Name and version, as the server tells them. */
  readonly server: string;
  readonly tools: readonly Tool[];
  /** @throws ToolError when the tool refuses, with its words; whatever the connection throws. */
  call<Name extends ToolName>(
    name: Name,
    input: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<Answer<Name>>;
  /** The text of an answer of any tool. @throws like call */
  callAny(name: string, input: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<string>;
  close(): Promise<void>;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

export interface ConnectOptions {
  readonly name: string;
  readonly key?: string | undefined;
  readonly token?: string | undefined;
}

export interface CallOptions {
  readonly onProgress?: (words: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A tool has refused a call; the message says what to change. */
export class ToolError extends Error {
  override name = "ToolError";
  /** The request for approval that stands in the way. */
  readonly approvalId: string | undefined;

  constructor(message: string, approvalId?: string) {
    super(message);
    this.approvalId = approvalId;
  }
}

/** The server has gone while it was to answer. */
class ConnectionLost extends Error {
  override name = "ConnectionLost";
}

/** Silence after which nobody is there: the server tells progress every ten seconds and waits 25 at most. */
const silenceLimitMs = 40_000;

/**
 * A real MCP client over HTTP, with the answers of our own tools parsed.
 * @param key the function key, for a server that asks for one; token: a bearer token, likewise
 * @throws what the client throws when it cannot connect; connectFailure puts it into words
 */
export async function connect(url: URL, { name, key, token }: ConnectOptions): Promise<Session> {
  const client = new Client({ name, version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  const headers: Record<string, string> = {
    ...(key === undefined ? {} : { "x-functions-key": key }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  const { tools } = await client.listTools();
  const lost = watchStreams(client);

  async function callTool(tool: string, input: Readonly<Record<string, unknown>>, options: CallOptions = {}) {
    const { onProgress, signal } = options;
    const answered = client.callTool(
      { name: tool, arguments: input },
      {
        timeout: silenceLimitMs,
        resetTimeoutOnProgress: true,
        ...(signal && { signal }),
        ...(onProgress && { onprogress: ({ message }) => onProgress(message ?? "") }),
      },
    );
    const result = await lost.orAnswer(answered);
    if (result.isError === true) throw refusalIn(textIn(result.content));
    return result;
  }

  return {
    server: [client.getServerVersion()?.name, client.getServerVersion()?.version].join(" ").trim(),
    tools: tools.map((tool) => ({ name: tool.name, title: tool.title ?? "", description: tool.description ?? "" })),
    async call<Name extends ToolName>(tool: Name, input: Readonly<Record<string, unknown>>, options?: CallOptions) {
      const { structuredContent } = await callTool(tool, input, options);
      return answers[tool].parse(structuredContent) as Answer<Name>;
    },
    callAny: async (tool, input, options) => textIn((await callTool(tool, input, options)).content),
    close: () => client.close(),
  };
}

/** The SDK tells of a stream that breaks only by onerror (client 2.4), and the call would wait for its limit. */
function watchStreams(client: Client) {
  const losers = new Set<(cause: Error) => void>();
  client.onerror = (error) => {
    if (!error.message.startsWith("SSE stream disconnected")) return;
    for (const lose of losers) lose(new ConnectionLost(error.message, { cause: error }));
  };
  return {
    async orAnswer<T>(answered: Promise<T>): Promise<T> {
      const { promise, reject } = Promise.withResolvers<never>();
      losers.add(reject);
      try {
        return await Promise.race([answered, promise]);
      } finally {
        losers.delete(reject);
      }
    },
  };
}

const textIn = (content: readonly { type: string; text?: string }[]): string =>
  content.flatMap(({ text }) => text ?? []).join("\n");

const envelope = z.object({
  message: z.string(),
  details: z.object({ approval_id: z.string().optional() }).optional(),
});

/** Our errors are an envelope; of others the whole text. */
function refusalIn(text: string): ToolError {
  try {
    const { message, details } = envelope.parse(JSON.parse(text));
    return new ToolError(message, details?.approval_id);
  } catch {
    return new ToolError(text);
  }
}
