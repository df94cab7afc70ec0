import { Webhook } from "standardwebhooks";
import { startWebServer } from "./web-server.ts";

/** A key that only tests sign with. */
export const testSecret = `whsec_${Buffer.from("a key that only tests know, 32 b").toString("base64")}`;

export interface Received {
  readonly id: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A receiver of notifications on a real socket; it answers as it is told and keeps what it got. */
export async function startReceiver(answer: (count: number) => Response | Promise<Response> = () => new Response()) {
  const received: Received[] = [];
  const server = await startWebServer(async (request) => {
    const { headers } = request;
    received.push({ id: headers.get("webhook-id") ?? "", headers, body: await request.text() });
    return answer(received.length);
  });
  return {
    url: `http://127.0.0.1:${server.port}/hook`,
    port: server.port,
    received: received as readonly Received[],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What a receiver does that trusts nothing else: the public verifier, over the raw body. */
export const verified = ({ headers, body }: Received, secret = testSecret): unknown =>
  new Webhook(secret).verify(body, Object.fromEntries(headers));
