import { memberOf } from "./member-of.ts";

/**
 * Some clients send a tool's arguments as null or as JSON text. Both SDKs refuse that with a dump of their own schema
 * before a tool could read it as it was meant.
 */
export const argumentsAsMeant = (body: unknown): unknown => (Array.isArray(body) ? body.map(asMeant) : asMeant(body));

function asMeant(message: unknown): unknown {
  if (memberOf(message, "method") !== "tools/call") return message;
  const params = memberOf(message, "params");
  const meant = toObject(memberOf(params, "arguments"));
  return meant === undefined ? message : { ...Object(message), params: { ...Object(params), arguments: meant } };
}

/** undefined: already an object, or nothing that could be one. */
function toObject(sent: unknown): unknown {
  if (sent === null || sent === "") return {};
  if (typeof sent !== "string") return undefined;
  try {
    const parsed: unknown = JSON.parse(sent);
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
