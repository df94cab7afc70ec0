import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** One answer of the stand-in. `cut`: half a body, then the socket closes. `reset`: no answer. `hang`: never ends. */
export type Fault =
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: unknown;
      readonly html?: string;
    }
  | { readonly connection: "cut" | "reset" | "hang" | "hang_in_body" };

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** Resolves when the connection is given up or the answer is sent. */
  readonly closed: Promise<unknown>;
}

/** The answer to every request, or to each by what it asks. */
type Script = Fault | ((request: Omit<SeenRequest, "closed">) => Fault);

/**
 * A server that answers every request as it was told last: for what @copilotkit/aimock cannot produce (headers of
 * our choice, inner errors, cut bodies). `arrived` resolves with the next request, so that a test need not sleep.
 */
export async function startOpenAiFaults() {
  let script: Script = { status: 500 };
  let arrival = Promise.withResolvers<SeenRequest>();
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const closed = new Promise((resolve) => response.once("close", resolve));
    const call = { ...(await readCall(request)), closed };
    seen.push(call);
    answer(typeof script === "function" ? script(call) : script, response);
    arrival.resolve(call);
    arrival = Promise.withResolvers();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    answerWith: (next: Script) => {
      script = next;
    },
    arrived: () => arrival.promise,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readCall(request: IncomingMessage): Promise<Omit<SeenRequest, "closed">> {
  const { url = "", headers } = request;
  const raw = await text(request);
  return { path: url, headers, body: raw === "" ? {} : JSON.parse(raw) };
}

function answer(fault: Fault, response: ServerResponse): void {
  if ("connection" in fault) {
    breakConnection(fault.connection, response);
    return;
  }
  const { status, headers = {}, body, html } = fault;
  const contentType = html === undefined ? "application/json" : "text/html";
  response.writeHead(status, { "content-type": contentType, "x-request-id": "req-1", ...headers });
  response.end(html ?? JSON.stringify(body ?? {}));
}

function breakConnection(kind: "cut" | "reset" | "hang" | "hang_in_body", response: ServerResponse): void {
  if (kind === "hang") return;
  if (kind === "reset") {
    response.socket?.destroy();
    return;
  }
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"choices":[', () => {
    if (kind === "cut") response.socket?.destroy();
  });
}
