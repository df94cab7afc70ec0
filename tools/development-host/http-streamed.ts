import { randomUUID } from "node:crypto";
import { type ClientRequest, type IncomingMessage, request as openRequest } from "node:http";
import { bodyLimitBytes, type HttpCall, headersOf, queryOf, traceParentOf } from "./http-call.ts";
import { fail } from "./http-server.ts";
import type { Invoke } from "./invocation.ts";
import type { Log } from "./log.ts";

/**
 * Answers a call by forwarding it to the library's own HTTP server, which pairs it with the invocation by its id.
 *
 * A client that goes away stops nothing, as on the real host. Where the real host would leave the caller waiting
 * (the function threw, or returned nothing), the answer is 500 and the log says so.
 */
export async function answerStreamed(call: HttpCall, target: URL, invoke: Invoke, log: Log): Promise<void> {
  const invocationId = randomUUID();
  const forwarding = forward(call, target, invocationId);
  forwarding.once("error", () => {
    if (!call.response.headersSent) fail(call.response, 502);
  });
  const input = { http: {} };
  const problem = await invoke(call.fn, {
    id: invocationId,
    input,
    triggerMetadata: triggerMetadata(call),
    traceParent: traceParentOf(call),
  }).then(
    ({ value }) => (value === undefined || value === null ? "returned nothing" : undefined),
    () => "threw",
  );
  if (problem === undefined || call.response.destroyed || call.response.writableEnded) return;
  log("error", `'${call.fn.name}' ${problem}: the real host would leave the caller hanging until its limit of 240 s.`);
  fail(call.response, 500);
  forwarding.destroy();
}

function forward(call: HttpCall, target: URL, invocationId: string): ClientRequest {
  const { request, response } = call;
  const forwarding = openRequest(target, {
    // A connection of its own: one that is kept may be ended over there just when it is used again.
    agent: false,
    method: request.method,
    path: request.url,
    headers: { ...request.headers, ...forwardedHeaders(call, target, invocationId) },
  });
  forwarding.once("response", (incoming) => sendBack(incoming, call));
  request.pipe(forwarding);
  limitBody(call, forwarding);
  response.once("close", () => {
    if (!request.complete) forwarding.destroy();
  });
  return forwarding;
}

function sendBack(incoming: IncomingMessage, { response }: HttpCall): void {
  if (response.headersSent) return void incoming.resume();
  const { connection, "keep-alive": keepAlive, "transfer-encoding": encoding, ...headers } = incoming.headers;
  response.writeHead(incoming.statusCode ?? 502, headers);
  // The first event of a stream may come long after its headers.
  response.flushHeaders();
  incoming.pipe(response);
  // The function goes on writing for a client that has left: somebody must take it.
  response.once("close", () => incoming.resume());
  incoming.once("error", () => response.destroy());
}

function forwardedHeaders({ request }: HttpCall, target: URL, invocationId: string): Record<string, string> {
  return {
    host: target.host,
    connection: "close",
    "x-ms-invocation-id": invocationId,
    "x-forwarded-host": request.headers.host ?? target.host,
    "x-forwarded-proto": "http",
    "x-forwarded-for": request.socket.remoteAddress ?? "",
  };
}

function limitBody({ request, response }: HttpCall, forwarding: ClientRequest): void {
  let length = 0;
  request.on("data", function count(chunk: Buffer) {
    length += chunk.length;
    if (length <= bodyLimitBytes) return;
    request.off("data", count).unpipe(forwarding).resume();
    fail(response, 413);
    forwarding.destroy();
  });
}

/** In streaming mode the library reads headers and parameters from here, and the rest from the forwarded request. */
function triggerMetadata(call: HttpCall) {
  const parameters = Object.entries(call.parameters).map(([name, value]) => [name, { string: value }]);
  return {
    ...Object.fromEntries(parameters),
    Query: { json: JSON.stringify(queryOf(call)) },
    Headers: { json: JSON.stringify(headersOf(call)) },
  };
}
