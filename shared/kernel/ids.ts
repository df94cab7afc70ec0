import { createHash } from "node:crypto";

/** Source of fresh identities; an argument everywhere below the adapters so that a simulation can replay. */
export interface Ids {
  /** A UUID version 7 (RFC 9562): sorts by creation time. */
  unique(): string;
}

/** A UUID version 8 (RFC 9562) that is the same for the same parts, on every machine. */
export function derivedId(...parts: string[]): string {
  const hash = createHash("sha256").update(parts.join("\n")).digest();
  hash[6] = 0x80 | ((hash[6] ?? 0) % 16);
  hash[8] = 0x80 | ((hash[8] ?? 0) % 64);
  const hex = hash.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
