import { blotSecrets } from "../kernel/without-secrets.ts";

/** Longer texts are cut: a log line is read by people, and collectors drop what is too large. */
const maximumCharacters = 8000;

/** What is known to carry secrets in error texts: signed addresses, account keys, bearer tokens. */
const secretPatterns: readonly RegExp[] = [
  /(?<=[?&;](?:sig|code|key|token)=)[^&\s"']+/gi,
  /(?<=(?:AccountKey|SharedAccessSignature|api[-_]?key|client[-_]?secret|x-functions-key)["']?\s*[=:]\s*["']?)[^\s;,"']+/gi,
  /(?<=\b(?:Bearer|SharedKey)\s)[A-Za-z0-9._~+/:=-]+/gi,
];

/** Any thrown value as text for the log, with the causes behind it and without secrets. */
export const toLogText = (thrown: unknown): string => safeText(describe(thrown, 0));

/** Text of others for the log: without what has the shape of a secret, and cut. */
export function safeText(text: string): string {
  const kept = secretPatterns.reduce((rest, pattern) => rest.replace(pattern, "[secret]"), text);
  return blotSecrets(kept, null).slice(0, maximumCharacters);
}

function describe(thrown: unknown, depth: number): string {
  if (!(thrown instanceof Error)) return typeof thrown === "string" ? thrown : `thrown: ${typeof thrown}`;
  const own = thrown.stack ?? `${thrown.name}: ${thrown.message}`;
  // Chains are short; a loop of causes is a bug in somebody's error and must not become one of ours.
  return thrown.cause === undefined || depth === 4 ? own : `${own}\ncaused by ${describe(thrown.cause, depth + 1)}`;
}
