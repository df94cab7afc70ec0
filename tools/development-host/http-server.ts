import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describeError, type Log } from "./log.ts";
import { portTaken, StartError } from "./start-error.ts";

/** Answers one request; resolves at any time, since the server watches the response itself. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface HttpServer {
  /** The port that was asked for, or the one that the system picked for port 0. */
  port: number;
  /** From now on requests are answered by `answer`; before that they get 503. */
  serve(answer: Answer): void;
  /** Takes no new requests; resolves when those being answered are done. */
  stop(): Promise<void>;
  /** Cuts what is still open. */
  close(): void;
}

/** Listens on 127.0.0.1 only. @throws StartError when the port is taken. */
export async function listen(port: number, log: Log): Promise<HttpServer> {
  let answer: Answer | undefined;
  const open = new Set<Promise<void>>();

  const server = createServer((request, response) => {
    if (!answer) return void response.writeHead(503, { connection: "close" }).end();
    const closed = new Promise<void>((resolve) => response.once("close", resolve));
    open.add(closed);
    void closed.then(() => open.delete(closed));
    answer(request, response).catch((error: unknown) => {
      log("error", `A request could not be answered: ${describeError(error)}`);
      fail(response, 500);
    });
  });
  // Streams and large uploads may take longer than Node's default of five minutes.
  server.requestTimeout = 0;

  return {
    port: await bind(server, port),
    serve(newAnswer) {
      answer = newAnswer;
    },
    async stop() {
      answer = undefined;
      server.close();
      while (open.size > 0) await Promise.all(open);
    },
    close: () => server.closeAllConnections(),
  };
}

/** Ends a response with a bare status, or cuts the connection when the answer has already begun. */
export function fail(response: ServerResponse, status: number): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { connection: "close" }).end();
}

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? portTaken(port) : new StartError(`Port ${port}: ${error.message}`));
    });
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
