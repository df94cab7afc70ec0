import { inject, it } from "vitest";
import { startAzurite } from "../../tools/azurite.ts";
import { createCertificate } from "../support/certificate.ts";
import { startHostProcess } from "../support/host-process.ts";
import { startIdentityEndpoint } from "../support/identity-endpoint.ts";
import { connectModern, finishedRun, inSeconds, scheduleOnce, transcriptOf } from "../support/mcp-session.ts";
import { localSettings } from "./local-settings.ts";

/** As in a copy of local.settings.sample.json. */
const emptySettings = Object.fromEntries(
  [
    ...["AzureWebJobsStorage", "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__clientId", "AZURE_CLIENT_ID"],
    ...["AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"],
  ].map((name) => [name, ""]),
);

it("an app with an identity and no connection string at all schedules, runs and keeps a conversation", async ({
  expect,
}) => {
  await using certificate = await createCertificate();
  await using identity = await startIdentityEndpoint();
  const azurite = await startAzurite({ memory: true, certificate });
  const host = await startHostProcess(
    inject("packagedApp"),
    localSettings({
      ...emptySettings,
      ...identity.environment,
      AzureWebJobsStorage__blobServiceUri: azurite.blobUrl,
      AzureWebJobsStorage__queueServiceUri: azurite.queueUrl,
      NODE_EXTRA_CA_CERTS: certificate.certFile,
    }),
  );
  try {
    const session = await connectModern(host.url);
    const scheduleId = await scheduleOnce(
      session,
      "What counts as a critical ticket in the knowledge base?",
      inSeconds(5),
    );
    const run = await finishedRun(session, scheduleId);
    expect(run).toMatchObject({ outcome: "succeeded" });
    const types = (await transcriptOf(session, run)).map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual(["run_started", "run_finished"]);
    await session.close();
    expect(new Set(identity.asked.map(({ resource }) => resource))).toEqual(new Set(["https://storage.azure.com"]));
    expect(host.lines.filter((line) => /"level":"(warning|error)"/.test(line))).toEqual([]);
  } finally {
    expect(await host.signal("SIGTERM")).toBe(0);
    await azurite.stop();
  }
});
