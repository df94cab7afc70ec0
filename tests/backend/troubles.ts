import { type Bend, breakBefore, says } from "../support/backend.ts";

/** The app's own token, which a backend may repeat. */
export const secret = "t0ken-of-the-app";

const foreign = { message: `foreign words about Bearer ${secret} and ${secret}`, fields: ["s3cr3t"] };
const endless: Bend = () =>
  new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)) }), {
    headers: { "content-type": "application/json" },
  });

interface Trouble {
  readonly name: string;
  readonly bend: Bend;
  readonly code: string;
  /** Requests that are made for a list, and for a new ticket. */
  readonly attempts: readonly [number, number];
  readonly words: RegExp;
  /** Whether the ticket may have been created. */
  readonly mayBeDone?: true;
}

/** What a backend can answer instead of what was asked for. */
export const troubles: readonly Trouble[] = [
  { name: "400", bend: says(400, foreign), code: "VALIDATION_ERROR", attempts: [1, 1], words: /HTTP 400.*Change them/ },
  { name: "401", bend: says(401, foreign), code: "AUTHENTICATION_ERROR", attempts: [1, 1], words: /BACKEND_API_SCOPE/ },
  { name: "403", bend: says(403, foreign), code: "AUTHENTICATION_ERROR", attempts: [1, 1], words: /may call/ },
  {
    name: "404",
    bend: says(404, foreign),
    code: "SERVICE_ERROR",
    attempts: [1, 1],
    words: /BACKEND_API_URL/,
    mayBeDone: true,
  },
  { name: "408", bend: says(408, foreign), code: "TIMEOUT_ERROR", attempts: [3, 1], words: /in time/, mayBeDone: true },
  { name: "409", bend: says(409, foreign), code: "VALIDATION_ERROR", attempts: [1, 1], words: /list_tickets/ },
  { name: "422", bend: says(422, foreign), code: "VALIDATION_ERROR", attempts: [1, 1], words: /HTTP 422/ },
  { name: "429", bend: says(429, foreign), code: "SERVICE_ERROR", attempts: [3, 3], words: /fewer calls/ },
  {
    name: "500",
    bend: says(500, foreign),
    code: "SERVICE_ERROR",
    attempts: [3, 1],
    words: /HTTP 500/,
    mayBeDone: true,
  },
  {
    name: "503",
    bend: says(503, foreign),
    code: "SERVICE_ERROR",
    attempts: [3, 1],
    words: /HTTP 503/,
    mayBeDone: true,
  },
  {
    name: "a broken connection",
    bend: breakBefore,
    code: "SERVICE_ERROR",
    attempts: [3, 1],
    words: /cannot be reached/,
    mayBeDone: true,
  },
  {
    name: "a redirect",
    bend: () => Response.redirect("http://127.0.0.1:9/elsewhere", 307),
    code: "SERVICE_ERROR",
    attempts: [1, 1],
    words: /redirect \(HTTP 307\)/,
    mayBeDone: true,
  },
  {
    name: "another content type",
    bend: () => new Response('{"total":0,"items":[]}', { headers: { "content-type": "text/html" } }),
    code: "SERVICE_ERROR",
    attempts: [1, 1],
    words: /no JSON/,
    mayBeDone: true,
  },
  {
    name: "garbage",
    bend: () => new Response("{ s3cr3t", { headers: { "content-type": "application/json" } }),
    code: "SERVICE_ERROR",
    attempts: [1, 1],
    words: /no JSON/,
    mayBeDone: true,
  },
  {
    name: "JSON of another shape",
    bend: says(200, { s3cr3t: 1 }),
    code: "SERVICE_ERROR",
    attempts: [1, 1],
    words: /does not fit, in (total|id)\./,
    mayBeDone: true,
  },
  {
    name: "an endless body",
    bend: endless,
    code: "SERVICE_ERROR",
    attempts: [1, 1],
    words: /longer than 1024 KiB/,
    mayBeDone: true,
  },
];
