import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { bareEnvironment } from "./bare-environment.ts";
import { waitFor } from "./wait-for.ts";

export interface HostProcess {
  url: string;
  /** Everything it printed so far, one line an element. */
  lines: string[];
  /** Resolves with the first line that holds `text`. */
  line(text: string, limitSeconds?: number): Promise<string>;
  /** Sends a signal, if it still runs; resolves with the exit code, null when the signal ended it. */
  signal(signal: NodeJS.Signals): Promise<number | null>;
}

const main = fileURLToPath(new URL("../../tools/development-host/main.ts", import.meta.url));

/** Starts the development host in a process of its own, with no settings but those given, and waits until it is ready. */
export async function startHostProcess(directory: string, settings: Record<string, string> = {}): Promise<HostProcess> {
  const { child, lines } = spawnHost(directory, { PORT: "0", ...settings });
  const line = (text: string, limitSeconds = 20) =>
    waitFor(
      () => lines.find((one) => one.includes(text)),
      () => `the line "${text}" in:\n${lines.join("\n")}`,
      limitSeconds,
    );
  const ended = once(child, "close").then(([code]) => code);
  const ready = await Promise.race([
    waitFor(() => lines.find((one) => /^(MCP endpoint|Ready): /.test(one)), "the host", 30),
    ended.then(() => Promise.reject(new Error(`the host ended:\n${lines.join("\n")}`))),
  ]);
  return {
    url: new URL(ready.replace(/^[^:]+: /, "")).origin,
    lines,
    line,
    signal(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs a host that is expected not to start; gives its exit code and all it printed. */
export async function failedStart(directory: string, settings: Record<string, string>) {
  const { child, lines } = spawnHost(directory, settings);
  const [code] = await once(child, "close");
  return { code, output: lines.join("\n") };
}

function spawnHost(directory: string, settings: Record<string, string>): { child: ChildProcess; lines: string[] } {
  const env = { ...bareEnvironment, AzureWebJobsStorage: "UseDevelopmentStorage=true", ...settings };
  const child = spawn(process.execPath, [main, directory], { env, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.on("data", (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts);
    });
  }
  // A test that fails must not leave its host behind.
  const reap = () => child.kill("SIGKILL");
  process.once("exit", reap);
  child.once("exit", () => process.off("exit", reap));
  return { child, lines };
}
