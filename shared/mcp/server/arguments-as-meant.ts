import { memberOf } from "./member-of.ts";

/**
 * Some clients send the arguments of a tool or a prompt as null or as JSON text. Both SDKs refuse that with a dump of
 * their own schema before it could be read as it was meant.
 */
export const argumentsAsMeant = (body: unknown): unknown => (Array.isArray(body) ? body.map(asMeant) : asMeant(body));

function asMeant(message: unknown): unknown {
  const method = memberOf(message, "method");
  if (method !== "tools/call" && method !== "prompts/get") return message;
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
