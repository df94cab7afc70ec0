import { randomBytes } from "node:crypto";

export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { "Content-Type": "application/json; charset=utf-8", ...headers },
  });

/** What comes from inside an action. */
export const failure = (error: string, status = 400): Response => json({ error }, status);

export const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(null, { status, headers });

const problems: Readonly<Record<number, readonly [section: string, title: string]>> = {
  400: ["15.5.1", "One or more validation errors occurred."],
  401: ["15.5.2", "Unauthorized"],
  404: ["15.5.5", "Not Found"],
  415: ["15.5.16", "Unsupported Media Type"],
};

/** What comes from outside of an action. */
export function problem(status: number, errors?: Readonly<Record<string, readonly string[]>>): Response {
  const [section, title] = problems[status] ?? ["15.6.1", "Error"];
  const traceId = `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-00`;
  const type = `https://tools.ietf.org/html/rfc9110#section-${section}`;
  return json({ type, title, status, ...(errors && { errors }), traceId }, status, {
    "Content-Type": "application/problem+json; charset=utf-8",
  });
}
