import { startWebServer, type WebServer } from "./web-server.ts";

export interface RpcRequest {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** What a method is answered with: a result, or any response at all. */
export type RawAnswers = Readonly<Record<string, (request: RpcRequest) => unknown>>;

export interface RawMcpServer extends WebServer {
  readonly url: string;
  /** Methods, in the order in which they came. */
  readonly asked: readonly string[];
}

/** A server of 2025-06-18 that has one tool, `look`, and otherwise whatever bad manners a test gives it. */
export async function startRawMcpServer(answers: RawAnswers, port?: number): Promise<RawMcpServer> {
  const asked: string[] = [];
  const server = await startWebServer(async (request) => {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const message = (await request.json()) as RpcRequest;
    asked.push(message.method);
    if (message.id === undefined) return new Response(null, { status: 202 });
    const answer = await (answers[message.method] ?? goodManners[message.method])?.(message);
    if (answer instanceof Response) return answer;
    return answer === undefined
      ? rpc(message, { error: { code: -32601, message: "Method not found" } })
      : rpc(message, { result: answer });
  }, port);
  return { ...server, url: `http://127.0.0.1:${server.port}/mcp`, asked };
}

export const rpc = ({ id }: RpcRequest, body: object): Response => Response.json({ jsonrpc: "2.0", id, ...body });

const goodManners: RawAnswers = {
  initialize: () => ({
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: "raw", version: "1" },
  }),
  "tools/list": () => ({ tools: [{ name: "look", inputSchema: { type: "object" } }] }),
  "tools/call": () => ({ content: [{ type: "text", text: "seen" }] }),
};

/** A body that goes on for as long as it is read. */
export function endless(piece: string): ReadableStream<Uint8Array> {
  const chunk = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
}
