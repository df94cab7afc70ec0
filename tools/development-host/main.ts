import { resolve } from "node:path";
import { startHost } from "./host.ts";
import { fillEnvironment, hideSecondsSetting, portSetting } from "./settings.ts";
import { stopOnSignal } from "./signals.ts";
import { startErrorText } from "./start-error.ts";
import { openQueueService } from "./storage.ts";

// Runs the app of the folder that is named, or of the current one: `node tools/development-host/main.ts [folder]`.

process.setSourceMapsEnabled(true);
try {
  const appDirectory = resolve(process.argv[2] ?? ".");
  fillEnvironment(appDirectory);
  openQueueService("AzureWebJobsStorage");
  const key = process.env.DEVELOPMENT_HOST_KEY;
  const host = await startHost({ appDirectory, port: portSetting(), key, hideSeconds: hideSecondsSetting() });
  stopOnSignal(host.stop);
  console.log(["Development host. Functions:", ...host.functions.map((line) => `  ${line}`)].join("\n"));
  console.log(host.mcpUrl ? `MCP endpoint: ${host.mcpUrl}` : `Ready: ${host.url}`);
} catch (error) {
  console.error(startErrorText(error));
  process.exit(1);
}
