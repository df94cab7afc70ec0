import type { InvocationResponse, TypedData } from "./contract.ts";
import { bodyLimitBytes, type HttpCall, headersOf, queryOf, traceParentOf } from "./http-call.ts";
import { fail } from "./http-server.ts";
import type { Invoke } from "./invocation.ts";
import type { Log } from "./log.ts";

/**
 * Answers a call with whole bodies: the request is read to its end, the answer is sent when it is complete.
 *
 * A throw of the function is 500 without a body, nothing returned is 204. Cookies are not carried over.
 */
export async function answerBuffered(call: HttpCall, invoke: Invoke, log: Log): Promise<void> {
  const body = await readBody(call);
  if (body === "too large") return fail(call.response, 413);
  if (body === "cut off") return;
  let response: InvocationResponse;
  try {
    const input = toTypedData(call, keptBody(call, body, log));
    ({ response } = await invoke(call.fn, { input, traceParent: traceParentOf(call) }));
  } catch {
    return fail(call.response, 500);
  }
  send(call, response);
}

async function readBody({ request }: HttpCall): Promise<Buffer | "too large" | "cut off"> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Without the option, leaving the loop would cut the connection before the caller has its 413.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > bodyLimitBytes) return "too large";
      chunks.push(chunk);
    }
  } catch {
    return "cut off";
  }
  return Buffer.concat(chunks);
}

/** The real host hands a body on only when the request says its length. */
function keptBody({ request, fn }: HttpCall, body: Buffer, log: Log): Buffer | undefined {
  if (body.length === 0) return undefined;
  if (request.headers["content-length"] !== undefined) return body;
  log("warning", `'${fn.name}' gets no body: without streaming the real host drops a body that has no Content-Length.`);
  return undefined;
}

function toTypedData(call: HttpCall, body: Buffer | undefined): TypedData {
  return {
    http: {
      url: call.url.href,
      method: call.request.method ?? "GET",
      nullableHeaders: nullable(headersOf(call)),
      nullableQuery: nullable(queryOf(call)),
      nullableParams: nullable(call.parameters),
      ...(body && { body: { bytes: body } }),
    },
  };
}

function nullable(values: Record<string, string>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

function send({ fn, response }: HttpCall, result: InvocationResponse): void {
  const output = Object.entries(fn.metadata.bindings).find(([, b]) => b.type === "http" && b.direction === "out")?.[0];
  const data = output === "$return" ? result.returnValue : result.outputData?.find(({ name }) => name === output)?.data;
  const http = data?.http;
  if (!http) return void response.writeHead(204).end();
  response.writeHead(Number(http.statusCode ?? 200), http.headers);
  response.end(http.body?.bytes ?? http.body?.string);
}
