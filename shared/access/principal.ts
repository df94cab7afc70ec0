import { createHash } from "node:crypto";

/** Who is calling. `owner` is the first part of every blob path, so nobody reads across owners. */
export interface Principal {
  readonly owner: string;
  readonly name: string;
}

/** The one caller of a local app without sign-in. */
export const localPrincipal: Principal = { owner: "local", name: "local" };

/** With function keys the host knows no person: everybody who has the key is the same owner. */
export const sharedKeyPrincipal: Principal = { owner: "sharedkey", name: "holder of a function key" };

/** 80 bits of a hash: short enough for blob names, and not reversible to a person. */
export function ownerOf(tenantId: string, objectId: string): string {
  return createHash("sha256").update(`${tenantId}\n${objectId}`).digest("hex").slice(0, 20);
}
