import { BlobServiceClient } from "@azure/storage-blob";
import { startAzurite } from "../azurite.ts";
import { build, projectDirectory } from "../build.ts";
import { startHost } from "../development-host/host.ts";
import { startSampleBackend } from "../sample-backend/sample-backend.ts";

export interface DemoApp {
  readonly mcpUrl: string;
  /** Names and sizes of all blobs, as they lie in storage. */
  listBlobs(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** The real app on a real Azurite and a sample backend that keep their data in memory, all ended by `stop`. */
export async function startDemoApp(
  say: (text: string) => void,
  settings: Readonly<Record<string, string>>,
): Promise<DemoApp> {
  say("Building the app and starting Azurite (a local Azure Storage) ...");
  const [azurite, backend] = await Promise.all([startAzurite({ memory: true }), startSampleBackend(), build()]);
  Object.assign(process.env, {
    AzureWebJobsStorage: azurite.connectionString,
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    MCP_AUTH: "none",
    MODEL_PROVIDER: "rehearsal",
    TICK_SECONDS: "5",
    BACKEND_API_URL: backend.url,
    LOG_LEVEL: "warning",
    ...settings,
  });
  const host = await startHost({ appDirectory: projectDirectory, port: 0 });
  if (host.mcpUrl === undefined) throw new Error("The app has no MCP endpoint.");
  say(`The app answers on ${host.mcpUrl}; its timer looks for due schedules every 5 seconds.`);
  return {
    mcpUrl: host.mcpUrl,
    async listBlobs() {
      const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
      const names: string[] = [];
      for await (const container of service.listContainers()) {
        for await (const blob of service.getContainerClient(container.name).listBlobsFlat()) {
          names.push(`${container.name}/${blob.name} (${blob.properties.contentLength ?? 0} bytes)`);
        }
      }
      return names;
    },
    async stop() {
      await host.stop();
      await Promise.all([backend.stop(), azurite.stop()]);
    },
  };
}
