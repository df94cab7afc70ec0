import { setTimeout as sleep } from "node:timers/promises";
import type { RegisteredFunction } from "./core.ts";
import { createAnswer, type HttpFunction, httpFunctions } from "./http.ts";
import { listen } from "./http-server.ts";
import { createInvocations } from "./invocation.ts";
import { loadApp } from "./load-app.ts";
import { createLog, describeError } from "./log.ts";
import { createQueueListener } from "./queue.ts";
import { readHostSettings } from "./settings.ts";
import { createTimer } from "./timer.ts";

export interface HostOptions {
  /** Folder with host.json and package.json, whose `main` is the built bundle. */
  appDirectory: string;
  /** TCP port on 127.0.0.1; 0 lets the system pick one. */
  port: number;
  /** Asked for by functions whose authLevel is not anonymous; without it no key is checked. */
  key?: string | undefined;
  /** How long a message that is being worked on is hidden, in seconds: the real host's 600, unless a test shortens it. */
  hideSeconds?: number | undefined;
}

export interface Host {
  url: string;
  /** The address of the function with the route `mcp`, where there is one. */
  mcpUrl: string | undefined;
  /** One line for each function, in the order of their names. */
  functions: string[];
  /** Stops triggers, runs the app's appTerminate hooks and gives running invocations up to 10 s. */
  stop(): Promise<void>;
}

const stopLimitSeconds = 10;

/**
 * Runs a function app in this process: HTTP, timer and queue triggers. One app per process, since the library keeps
 * what the app registers for as long as the process lives.
 *
 * @throws StartError with a line for people; whatever the app throws while it loads.
 */
export async function startHost({ appDirectory, port, key, hideSeconds }: HostOptions): Promise<Host> {
  const settings = readHostSettings(appDirectory);
  const log = createLog(settings.logLevel);
  const server = await listen(port, log);
  setEnvironment(server.port);

  const { core, functions, streamingUri } = await loadApp(appDirectory, log);
  const { invoke, idle } = createInvocations(core, log);
  const http = httpFunctions(functions, settings.routePrefix);
  const ofType = (type: string) => functions.filter((fn) => fn.trigger.type === type);
  const timers = ofType("timerTrigger").map((fn) => createTimer(fn, invoke));
  const queues = ofType("queueTrigger").map((fn) =>
    createQueueListener({ fn, settings: settings.queues, invoke, log, ...(hideSeconds && { hideSeconds }) }),
  );

  server.serve(createAnswer({ functions: http, streamingUri, key, invoke, log }));
  for (const trigger of [...timers, ...queues]) trigger.start();

  async function stop(): Promise<void> {
    for (const timer of timers) timer.stop();
    const triggersDone = [...queues.map((queue) => queue.stop()), server.stop()];
    // At once, so that running work can end at its next safe point within the time that is left.
    const appDone = core
      .runHooks("appTerminate", { hookData: core.hookData })
      .catch((error: unknown) => log("error", `An appTerminate hook failed: ${describeError(error)}`));
    const allDone = Promise.all([...triggersDone, appDone, idle()]).then(() => true);
    const inTime = await Promise.race([allDone, sleep(stopLimitSeconds * 1000, false, { ref: false })]);
    if (!inTime) log("warning", `Work was still running after ${stopLimitSeconds} s and is cut off.`);
    server.close();
  }

  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    mcpUrl: http.some(({ template }) => template === "mcp") ? `${url}/mcp` : undefined,
    functions: functions.map((fn) => describe(fn, http, url)),
    stop,
  };
}

/** What an app may read to learn where it runs; names as in the real host. */
function setEnvironment(port: number): void {
  process.env.AZURE_FUNCTIONS_ENVIRONMENT ??= "Development";
  process.env.FUNCTIONS_WORKER_RUNTIME ??= "node";
  process.env.WEBSITE_HOSTNAME ??= `localhost:${port}`;
  // A dev container or a CI job may run in a pod. This host is for development alone, wherever it runs.
  delete process.env.KUBERNETES_SERVICE_HOST;
}

function describe(fn: RegisteredFunction, http: HttpFunction[], url: string): string {
  const known = ["timerTrigger", "queueTrigger"].includes(fn.trigger.type);
  const route = http.find((one) => one.fn === fn);
  if (route) return `${fn.name}: [${route.methods.join(",")}] ${url}/${route.template}`;
  return known ? `${fn.name}: ${fn.trigger.type}` : `${fn.name}: ${fn.trigger.type} is not run by the development host`;
}
