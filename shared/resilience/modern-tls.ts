import tls from "node:tls";

/**
 * No connection of this process is made with less than TLS 1.2, in or out, whatever NODE_OPTIONS says (--tls-min-v1.0).
 * It is Node's default today; fetch and the SDKs have no setting of their own, and ask for this one at each connection.
 */
export function refuseOldTls(): void {
  if (oldVersions.has(tls.DEFAULT_MIN_VERSION)) tls.DEFAULT_MIN_VERSION = "TLSv1.2";
}

const oldVersions: ReadonlySet<string> = new Set(["TLSv1", "TLSv1.1"]);
