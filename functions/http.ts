import type { HttpHandler, HttpRequest, HttpResponseInit } from "@azure/functions";
import { events } from "./app.ts";

/**
 * Turns a web-standard handler into a trigger's. With streaming on, a thrown error would leave the caller without any
 * answer until the host gives up after 240 s, so nothing may be thrown from here.
 */
export function answerWith(handler: (request: Request) => Promise<Response>): HttpHandler {
  return async (request) => {
    try {
      return toHttpResponse(await handler(toWebRequest(request)));
    } catch (cause) {
      events.record({ level: "error", name: "http.failed", message: "A request could not be answered.", cause });
      return { status: 500 };
    }
  };
}

function toWebRequest({ method, url, headers, body }: HttpRequest): Request {
  const plain = { method, headers: new Headers([...headers]) };
  // Node insists on duplex for a streamed body; the type of the platform does not know it yet.
  return new Request(url, body === null ? plain : ({ ...plain, body, duplex: "half" } as RequestInit));
}

function toHttpResponse({ status, headers, body }: Response): HttpResponseInit {
  const init: HttpResponseInit = { status, headers: [...headers] as [string, string][] };
  return body === null ? init : { ...init, body: body as NonNullable<HttpResponseInit["body"]> };
}
