import { hash } from "node:crypto";

/** Source of fresh identities; an argument everywhere below the adapters so that a simulation can replay. */
export interface Ids {
  /** A UUID version 7 (RFC 9562): sorts by creation time. */
  unique(): string;
}

/** A UUID version 8 (RFC 9562) that is the same for the same parts, on every machine. */
export function derivedId(...parts: string[]): string {
  const hex = hash("sha256", parts.join("\n"));
  const variant = 8 + (Number.parseInt(hex.charAt(16), 16) % 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant.toString(16)}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
