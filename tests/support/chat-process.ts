import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { bareEnvironment } from "./bare-environment.ts";
import { waitFor } from "./wait-for.ts";

export interface ChatProcess {
  /** All that it printed so far. */
  output(): string;
  /** Types lines; each is answered before the next one is read. */
  type(...lines: readonly string[]): void;
  /** Resolves when the text stands in the output behind what an earlier `sees` has found. */
  sees(text: string, limitSeconds?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** No more input; resolves with the exit code. */
  end(): Promise<number | null>;
}

const main = fileURLToPath(new URL("../../tools/chat/main.ts", import.meta.url));

/** `npm run chat` with its input and output in pipes, and with no settings but those given. */
export function startChat(words: readonly string[], settings: Readonly<Record<string, string>> = {}): ChatProcess {
  const child = spawn(process.execPath, [main, ...words], { env: { ...bareEnvironment, ...settings } });
  const reap = () => child.kill("SIGKILL");
  process.once("exit", reap);
  const ended = once(child, "close").then(([code]) => {
    process.off("exit", reap);
    return code;
  });
  let text = "";
  let seen = 0;
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return {
    output: () => text,
    type: (...lines) => void child.stdin.write(lines.map((line) => `${line}\n`).join("")),
    async sees(wanted, limitSeconds) {
      await waitFor(
        () => text.includes(wanted, seen),
        () => `"${wanted}" in:\n${text.slice(seen)}`,
        limitSeconds,
      );
      seen = text.indexOf(wanted, seen) + wanted.length;
    },
    signal: (signal) => void child.kill(signal),
    end() {
      child.stdin.end();
      return ended;
    },
  };
}

/** Pipes a whole script in and waits for the end. */
export async function playChat(url: string, script: readonly string[], settings?: Readonly<Record<string, string>>) {
  const chat = startChat(["--url", url], settings);
  chat.type(...script);
  const code = await chat.end();
  return { code, output: chat.output() };
}
