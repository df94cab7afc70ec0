import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { openDatabase } from "./database.ts";
import { type Answered, answerRequest, problem } from "./routes.ts";

export interface SampleBackendOptions {
  /** SQLite file; without one nothing outlives the process. */
  readonly file?: string;
  readonly port?: number;
  /** The only bearer token that is let in; without it everybody on this machine is. */
  readonly token?: string;
}

export interface SampleBackend {
  /** For BACKEND_API_URL. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A small service desk behind the routes of docs/backend.md, with sample data, on this machine only. */
export async function startSampleBackend({
  file = ":memory:",
  port = 0,
  token,
}: SampleBackendOptions = {}): Promise<SampleBackend> {
  const database = openDatabase(file, Date.now());
  const answer = async (request: IncomingMessage): Promise<Answered> => {
    const { method = "GET", url = "/", headers } = request;
    if (token !== undefined && headers.authorization !== `Bearer ${token}`) return problem(401, "Sign in first.");
    const idempotencyKey = headers["idempotency-key"]?.toString();
    const asked = { method, url: new URL(url, "http://localhost"), idempotencyKey, body: await text(request) };
    return answerRequest(database, asked, Date.now());
  };
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request).catch(() => problem(500, "The sample backend failed."));
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      database.close();
    },
  };
}
