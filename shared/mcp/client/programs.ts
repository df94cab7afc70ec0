import { AsyncLocalStorage } from "node:async_hooks";
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { secondMs } from "../../kernel/clock.ts";

/** The programs that were started for one server: the SDK starts one more, only to ask which revision it speaks. */
export interface Programs {
  /** Counts in each program that the work starts. */
  watch<T>(work: () => Promise<T>): Promise<T>;
  /** Ends all that still run and waits for it, for six seconds at most. */
  end(): Promise<void>;
}

export function createPrograms(): Programs {
  const running = new Set<ChildProcess>();
  const started = (program: ChildProcess): void => {
    running.add(program);
    program.once("close", () => running.delete(program));
  };
  return {
    watch: (work) => whoStarts.run(started, work),
    async end() {
      await Promise.all([...running].map(endProgram));
    },
  };
}

/**
 * The SDK ends a program in the background when it gives it up by itself (client 2.4: a message that is too long, a
 * handshake that fails), and a close() after that returns at once. So we keep hold of the programs, as Node tells of
 * them.
 */
const whoStarts = new AsyncLocalStorage<(program: ChildProcess) => void>();
subscribe("child_process", (message) => whoStarts.getStore()?.((message as { process: ChildProcess }).process));

/** How long a program has for each of: the end of its input, the polite signal, the last one. */
const stepMs = 2 * secondMs;

async function endProgram(program: ChildProcess): Promise<void> {
  const steps = [() => program.stdin?.end(), () => program.kill("SIGTERM"), () => program.kill("SIGKILL")];
  for (const step of steps) {
    if (program.exitCode !== null || program.signalCode !== null) return;
    step();
    await once(program, "exit", { signal: AbortSignal.timeout(stepMs) }).catch(() => undefined);
  }
}
