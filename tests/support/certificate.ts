import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";

export interface Certificate extends AsyncDisposable {
  /** PEM, for a server and for a client that is to trust it (`ca`). */
  readonly cert: string;
  readonly key: string;
  /** The same in files: a child process trusts it with NODE_EXTRA_CA_CERTS=certFile. */
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * A certificate for servers of this machine, made anew: for 127.0.0.1, localhost and further names (`*.vault.azure.net`).
 * It signs itself, so that who trusts it trusts these servers and nothing else.
 */
export async function createCertificate(names: readonly string[] = []): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }, ...["localhost", ...names].map(dnsName)] },
    ],
  });
  const folder = await mkdtemp(join(tmpdir(), "certificate-"));
  const certFile = join(folder, "cert.pem");
  const keyFile = join(folder, "key.pem");
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key, { mode: 0o600 })]);
  return { cert, key, certFile, keyFile, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

const dnsName = (value: string) => ({ type: 2, value }) as const;
