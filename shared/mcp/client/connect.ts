import { type Connection, type ConnectOptions, loadSdk, openConnection } from "./open-connection.ts";
import { statusOf } from "./server-failure.ts";
import { createServerFetch, type ServerFetch } from "./server-fetch.ts";
import type { ProgramTransport, ServerSettings, WebTransport } from "./server-settings.ts";

/** @throws ServerFailure, or whatever the SDK throws */
export async function connect(settings: ServerSettings, options: ConnectOptions): Promise<Connection> {
  const { transport } = settings;
  if (transport.type === "stdio") return connectToProgram(transport, options);
  if (transport.type === "sse") return connectToWeb(transport, "sse", options);
  try {
    return await connectToWeb(transport, "http", options);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    // What the specification advises: a server of 2024-11-05 refuses the POST and opens a stream for a GET.
    return connectToWeb(transport, "sse", options).catch(() => Promise.reject(thrown));
  }
}

async function connectToWeb(
  { url }: WebTransport,
  type: WebTransport["type"],
  options: ConnectOptions,
): Promise<Connection> {
  const { SSEClientTransport, StreamableHTTPClientTransport } = await loadSdk();
  let close: () => void = () => {};
  const web = createServerFetch({
    tokens: options.tokens,
    limitBytes: options.limits.messageBytes,
    answersInResponse: type === "http",
    onBroken: () => close(),
  });
  const Transport = type === "http" ? StreamableHTTPClientTransport : SSEClientTransport;
  const transport = new Transport(new URL(url), { fetch: web.fetch });
  try {
    const connection = await openConnection(transport, type, options.limits.openMs, options, web.lastToken);
    close = () => void connection.close();
    return connection;
  } catch (thrown) {
    throw withFailure(thrown, web);
  }
}

/** The older transport keeps only the words of an error. */
const withFailure = (thrown: unknown, { lastFailure }: ServerFetch): unknown => lastFailure() ?? thrown;

async function connectToProgram(program: ProgramTransport, options: ConnectOptions): Promise<Connection> {
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  const { command, args, env } = program;
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...env },
    stderr: "pipe",
    maxBufferSize: options.limits.messageBytes,
  });
  const said = keepTail(transport.stderr);
  try {
    return await options.programs.watch(() =>
      openConnection(transport, "stdio", options.limits.startMs, options, () => null),
    );
  } catch (thrown) {
    const words = said();
    throw words === "" ? thrown : new Error(`It wrote to its standard error:\n${words}`, { cause: thrown });
  }
}

/** What a program wrote last to its standard error: mostly why it ended. */
function keepTail(stream: { on(event: "data", listener: (chunk: Buffer) => void): unknown } | null): () => string {
  let tail = "";
  stream?.on("data", (chunk) => {
    tail = (tail + chunk.toString("utf8")).slice(-2000);
  });
  return () => tail.trim();
}

/** The server is there and takes no POST here; 401, 403, 408 and 429 have another meaning. */
function isRefusal(thrown: unknown): boolean {
  const status = statusOf(thrown);
  return status !== undefined && status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}
