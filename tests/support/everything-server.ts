import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { bareEnvironment } from "./bare-environment.ts";

const require = createRequire(import.meta.url);

/** The reference servers of the protocol, from npm, built on its SDK 1.x. */
export const everythingPath = require.resolve("@modelcontextprotocol/server-everything/dist/index.js");
export const filesystemPath = require.resolve("@modelcontextprotocol/server-filesystem/dist/index.js");

export interface EverythingServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

/** server-everything as a process of its own on the network. */
export async function startEverything(mode: "streamableHttp" | "sse", port?: number): Promise<EverythingServer> {
  const chosen = port ?? (await freePort());
  const child = spawn(process.execPath, [everythingPath, mode], {
    env: { ...bareEnvironment, PORT: String(chosen) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  await untilItListens(child);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  const path = mode === "sse" ? "sse" : "mcp";
  return { url: `http://127.0.0.1:${chosen}/${path}`, port: chosen, kill, [Symbol.asyncDispose]: kill };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Its standard error is read to the end: a closed one would end the server at its next word. */
function untilItListens(child: ChildProcess): Promise<void> {
  let said = "";
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (/(listening|running) on port/.test(said)) resolve();
    });
    child.once("exit", () => reject(new Error(`The server ended: ${said}`)));
  });
}
