import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { refuseOldTls } from "../../shared/resilience/modern-tls.ts";
import { postChecked } from "../../shared/webhooks/post-checked.ts";
import { createCertificate } from "../support/certificate.ts";

const before = { minimum: tls.DEFAULT_MIN_VERSION, ciphers: tls.DEFAULT_CIPHERS };
const trusted = tls.getCACertificates("default");

afterEach(() => {
  tls.DEFAULT_MIN_VERSION = before.minimum;
  tls.DEFAULT_CIPHERS = before.ciphers;
  tls.setDefaultCACertificates(trusted);
});

/** OpenSSL's own level would refuse it, too, and hide what the version does. */
const anyLevel = "DEFAULT@SECLEVEL=0";

/** A server that speaks one version and no other, trusted by this process. */
async function startServer(version: tls.SecureVersion) {
  const certificate = await createCertificate();
  const { cert, key } = certificate;
  const options = { cert, key, minVersion: version, maxVersion: version, ciphers: anyLevel };
  const server = createServer(options, (_request, response) => response.end("answered"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  tls.setDefaultCACertificates([...trusted, cert]);
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await certificate[Symbol.asyncDispose]();
    },
  };
}

/** A process that was told to take anything. */
function lowerAll(): void {
  tls.DEFAULT_MIN_VERSION = "TLSv1";
  tls.DEFAULT_CIPHERS = anyLevel;
}

const viaFetch = (url: string) => fetch(url).then(({ status }) => status);
const viaPost = (url: string) =>
  postChecked(url, {
    headers: {},
    body: "{}",
    allow: { anyAddress: true, anyRedirect: false, plainHttp: false },
    signal: AbortSignal.timeout(5000),
  }).then(({ status }) => status);

describe.each([
  ["fetch, which all clients of services use", viaFetch],
  ["the way of notifications", viaPost],
])("%s", (_what, ask) => {
  it("would take TLS 1.1 in a process that was told to, and never does here", async () => {
    await using old = await startServer("TLSv1.1");
    lowerAll();
    expect(await ask(old.url)).toBe(200);
    await using other = await startServer("TLSv1.1");
    refuseOldTls();
    await expect(ask(other.url)).rejects.toThrow();
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("takes %s", async (version) => {
    await using server = await startServer(version);
    lowerAll();
    refuseOldTls();
    expect(await ask(server.url)).toBe(200);
  });
});

it("leaves a process alone that wants TLS 1.3 at least", () => {
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  refuseOldTls();
  expect(tls.DEFAULT_MIN_VERSION).toBe("TLSv1.3");
});
