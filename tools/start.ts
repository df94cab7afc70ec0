import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Azurite, startAzurite } from "./azurite.ts";
import { build, projectDirectory } from "./build.ts";
import { startHost } from "./development-host/host.ts";
import { fillEnvironment, hideSecondsSetting, portSetting } from "./development-host/settings.ts";
import { stopOnSignal } from "./development-host/signals.ts";
import { commandWith, StartError, startErrorText } from "./development-host/start-error.ts";
import { ownerOf, setOwner } from "./folder-owner.ts";
import { isFree } from "./is-free.ts";
import { startSampleBackend } from "./sample-backend/sample-backend.ts";

// `npm start`: storage, a sample backend, the app and the lines to paste into a client; everything ends with this process.

interface Part {
  stop(): Promise<void>;
}

interface RunningHost extends Part {
  mcpUrl: string | undefined;
}

// What was started, to be stopped in the opposite order; a signal may come while the rest is still starting.
const parts: Part[] = [];
stopOnSignal(async () => {
  for (const part of parts.toReversed()) await part.stop();
});

const coreToolsStopSeconds = 10;

try {
  fillEnvironment(projectDirectory);
  const port = portSetting();
  const hideSeconds = hideSecondsSetting();
  const dataDirectory = process.env.DATA_DIR ?? ".azurite";
  // Before the storage is touched: the other process may be another `npm start` on the same data.
  await refuseTaken(port, dataDirectory);
  const azurite = await startStorage(resolve(projectDirectory, dataDirectory));
  setDefaults(azurite);
  await startBackend(resolve(projectDirectory, dataDirectory));
  await build();
  const coreTools = findCoreTools();
  const host = coreTools ? await runCoreTools(coreTools, port) : await runDevelopmentHost(port, hideSeconds);
  if (host.mcpUrl) console.log(instructions(host.mcpUrl, azurite.connectionString));
} catch (error) {
  console.error(startErrorText(error));
  process.exit(1);
}

/** @throws StartError that names what is taken of port and folder, with a command that works as it stands. */
async function refuseTaken(port: number, dataDirectory: string): Promise<void> {
  const location = resolve(projectDirectory, dataDirectory);
  const [isPortFree, owner] = await Promise.all([isFree(port), ownerOf(location)]);
  const taken = [
    ...(isPortFree ? [] : [{ what: "port", words: `Port ${port} is in use.` }]),
    ...(owner === undefined
      ? []
      : [{ what: "folder", words: `${location} is in use by the Azurite of process id ${owner}.` }]),
  ];
  if (taken.length === 0) return;
  const words = taken.map((one) => one.words).join(" ");
  const what = taken.map((one) => one.what).join(" and ");
  // What this start was given is given again.
  const settings = [
    isPortFree ? given("PORT") : `PORT=${port + 1}`,
    owner === undefined ? given("DATA_DIR") : `DATA_DIR=${dataDirectory}-2`,
  ];
  const command = commandWith(settings.filter((setting) => setting !== undefined).join(" "));
  throw new StartError(`${words} Stop the other process or choose another ${what}: ${command}`);
}

function given(name: "PORT" | "DATA_DIR"): string | undefined {
  const value = process.env[name];
  return value === undefined ? undefined : `${name}=${value}`;
}

async function startStorage(location: string): Promise<Azurite> {
  // On the usual ports, storage explorers and `UseDevelopmentStorage=true` find it without being told.
  const usual = startAzurite({ location, blobPort: 10000, queuePort: 10001 });
  const azurite = await usual.catch(() => startAzurite({ location }));
  parts.push(azurite);
  await setOwner(location, azurite.pid);
  console.log(`Azurite keeps its data in ${location}: ${azurite.blobUrl}`);
  return azurite;
}

/** A sample of what BACKEND_API_URL names, unless that is set. Its tickets lie beside Azurite's data and stay. */
async function startBackend(location: string): Promise<void> {
  if (process.env.BACKEND_API_URL) return;
  const backend = await startSampleBackend({ file: join(location, "sample-backend.sqlite") });
  parts.push(backend);
  process.env.BACKEND_API_URL = backend.url;
  console.log(`A sample backend with users, tickets and datasets answers on ${backend.url}`);
}

function setDefaults(azurite: Azurite): void {
  process.env.AzureWebJobsStorage = azurite.connectionString;
  process.env.FUNCTIONS_WORKER_RUNTIME ??= "node";
  process.env.TICK_SECONDS ??= "5";
  process.env.MCP_AUTH ??= "none";
  process.env.MODEL_PROVIDER ??= "rehearsal";
}

async function runDevelopmentHost(port: number, hideSeconds: number | undefined): Promise<RunningHost> {
  const key = process.env.DEVELOPMENT_HOST_KEY;
  const host = await startHost({ appDirectory: projectDirectory, port, key, hideSeconds });
  parts.push(host);
  return host;
}

function findCoreTools(): string | undefined {
  const names = process.platform === "win32" ? ["func.exe", "func.cmd"] : ["func"];
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** Runs `func start` until it answers on its port. @throws Error when it ends before that. */
async function runCoreTools(command: string, port: number): Promise<RunningHost> {
  const child = spawn(command, ["start", "--port", String(port)], {
    cwd: projectDirectory,
    stdio: ["ignore", "inherit", "inherit"],
    // A .cmd file is run by a shell or not at all.
    shell: command.endsWith(".cmd"),
    // Ctrl-C must reach it once, from here.
    detached: process.platform !== "win32",
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const stop = () => stopCoreTools(child);
  parts.push({ stop });
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (hasEnded(child))
      throw new Error(`func start ended with code ${child.exitCode} before it answered on port ${port}.`);
    await sleep(200);
  }
  child.once("exit", (code) => process.exit(code ?? 1));
  return { mcpUrl: `${url}/mcp`, stop };
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => undefined);
  // 503 is the host that is still starting.
  return response !== undefined && response.status !== 503;
}

async function stopCoreTools(child: ChildProcess): Promise<void> {
  child.removeAllListeners("exit");
  if (hasEnded(child)) return;
  const gone = once(child, "exit");
  // The Functions host ignores SIGTERM and ends at SIGINT.
  child.kill("SIGINT");
  const tooLate = setTimeout(() => child.kill("SIGKILL"), coreToolsStopSeconds * 1000);
  await gone;
  clearTimeout(tooLate);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function instructions(mcpUrl: string, storage: string): string {
  const name = "scheduled-conversations";
  const vsCode = { servers: { [name]: { type: "http", url: mcpUrl } } };
  const others = { mcpServers: { [name]: { url: mcpUrl } } };
  return `
VS Code, .vscode/mcp.json:
${JSON.stringify(vsCode)}

Claude, Cursor and others:
${JSON.stringify(others)}

Another instance on the same storage:
PORT=${Number(new URL(mcpUrl).port) + 1} AzureWebJobsStorage='${storage}' BACKEND_API_URL='${process.env.BACKEND_API_URL}' npm run host

MCP endpoint: ${mcpUrl}`;
}
