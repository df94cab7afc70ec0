import { pathToFileURL } from "node:url";
import { type Core, installCore, type RegisteredFunction } from "./core.ts";
import type { Log } from "./log.ts";
import { listenOnLoopbackOnly } from "./loopback.ts";
import { bundlePath } from "./settings.ts";

export interface App {
  core: Core;
  functions: RegisteredFunction[];
  /** Where the library's own server waits for requests when the app streams HTTP; undefined in buffered mode. */
  streamingUri: string | undefined;
}

// What a worker of the 4.x host offers, as far as the library looks at it.
const workerCapabilities = {
  RawHttpBodyBytes: "true",
  RpcHttpTriggerMetadataRemoved: "true",
  RpcHttpBodyOnly: "true",
  UseNullableValueDictionaryForHttp: "true",
};

/**
 * Loads the app's bundle, runs its start hooks and reads what it registered.
 *
 * @throws StartError when there is no bundle; whatever the app throws while it loads.
 */
export async function loadApp(appDirectory: string, log: Log): Promise<App> {
  const path = bundlePath(appDirectory);
  listenOnLoopbackOnly();
  const core = installCore(log);
  await import(pathToFileURL(path).href);
  await core.runHooks("appStart", { hookData: core.hookData, functionAppDirectory: appDirectory });
  const capabilities = await core.programmingModel().getCapabilities({ ...workerCapabilities });
  return { core, functions: core.functions(), streamingUri: capabilities.HttpUri };
}
