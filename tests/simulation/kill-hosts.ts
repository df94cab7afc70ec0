import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import type { Dice } from "../support/world-dice.ts";

/** A host of the test, alive or dead, with all that it printed. */
export interface HostLife {
  readonly number: number;
  readonly lines: readonly string[];
  readonly killedAt?: number;
}

export interface Hosts {
  /** The MCP endpoint of one that runs. */
  anyUrl(): string;
  /** SIGKILL to one of them, whatever it is doing, and a new one in its place. The last one that runs is spared. */
  killOne(): Promise<void>;
  readonly lives: readonly HostLife[];
  /** @throws Error when one that was to replace a dead one did not start. */
  stop(): Promise<void>;
}

interface Life {
  readonly number: number;
  readonly host: HostProcess;
  readonly lines: readonly string[];
  killedAt?: number;
}

/** Development hosts with the real bundle, all on one storage. */
export async function startHosts(
  count: number,
  start: { appDirectory: string; settings: Record<string, string> },
  dice: Dice,
): Promise<Hosts> {
  const lives: Life[] = [];
  const replacements: Promise<void>[] = [];
  let hasStopped = false;
  const alive = () => lives.filter(({ killedAt }) => killedAt === undefined);
  const pick = (): Life => {
    const running = alive();
    const life = running[dice.below(running.length)];
    if (life === undefined) throw new Error("No host runs.");
    return life;
  };
  const startOne = async (): Promise<void> => {
    const host = await startHostProcess(start.appDirectory, start.settings);
    if (hasStopped) return void (await host.signal("SIGTERM"));
    lives.push({ number: lives.length + 1, host, lines: host.lines });
  };
  const stop = async () => {
    hasStopped = true;
    await Promise.all(alive().map(({ host }) => host.signal("SIGTERM")));
    await Promise.all(replacements);
  };

  const started = await Promise.allSettled(Array.from({ length: count }, startOne));
  const failed = started.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return {
    lives,
    stop,
    anyUrl: () => pick().host.url,
    async killOne() {
      if (alive().length < 2) return;
      const life = pick();
      life.killedAt = Date.now();
      await life.host.signal("SIGKILL");
      const replacement = startOne();
      // Told by stop; until then it must not end the process.
      replacement.catch(() => undefined);
      replacements.push(replacement);
    },
  };
}
