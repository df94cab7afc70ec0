/**
 * The foreign error for the operator's log: name, message, stack, code and chain of causes, with secrets blotted out.
 * Messages can echo what we sent: a provider repeats the key it refuses, and fetch quotes a header value that it cannot
 * send. A copy, so that nothing else on the object (headers
 * with cookies, the whole body) travels along.
 */
export function withoutSecrets(thrown: unknown, secret: string | null, depth = 0): Error {
  const blot = (text: string) => blotSecrets(text, secret);
  if (!(thrown instanceof Error)) return new Error(blot(String(thrown)));
  const hasCause = thrown.cause !== undefined && depth < maxCauses;
  const copy = new Error(
    blot(thrown.message),
    hasCause ? { cause: withoutSecrets(thrown.cause, secret, depth + 1) } : undefined,
  );
  // Some clients' error classes do not set their name.
  copy.name = thrown.name === "Error" ? thrown.constructor.name : thrown.name;
  copy.stack = blot(thrown.stack ?? "");
  // ECONNREFUSED, UND_ERR_SOCKET and the like: the only useful part of a network error whose message is empty.
  if ("code" in thrown && typeof thrown.code === "string") Object.assign(copy, { code: blot(thrown.code) });
  return copy;
}

/** fetch -> socket -> system call is three; a chain that bites its own tail must end somewhere. */
const maxCauses = 4;

/** The text with `secret`, and whatever has the shape of one, replaced. */
export function blotSecrets(text: string, secret: string | null): string {
  const known = secret ? text.replaceAll(secret, "[secret]") : text;
  return known.replace(secretShapes, "[secret]");
}

/** Bearer values, JSON Web Tokens, and keys with OpenAI's prefix: also those of an earlier token or of a gateway. */
const secretShapes = /\bBearer\s+[^\s"',]+|\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?|\bsk-[\w*.-]{8,}/gi;
