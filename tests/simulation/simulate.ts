import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { added, nothingYet, type Summary } from "./summary.ts";

export interface Simulation {
  readonly firstSeed: number;
  /** Ends after so many worlds, or when so many slots have been played, whichever is given. */
  readonly seeds?: number | undefined;
  readonly slots?: number | undefined;
  readonly mutant?: string | undefined;
  /** Plays on real storage at this address instead of in memory. */
  readonly connectionString?: string | undefined;
  readonly threads?: number | undefined;
}

/** One order to a thread. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
}

/** What a thread is told once. */
export type ThreadSettings = Pick<Simulation, "mutant" | "connectionString">;

/** Plays worlds on several threads, in chunks of seeds, until enough have been played or one has failed. */
export async function simulate(simulation: Simulation): Promise<Summary> {
  const { firstSeed, seeds = Infinity, slots = Infinity, mutant, connectionString } = simulation;
  const { threads = Math.min(4, availableParallelism()) } = simulation;
  const worldsPerChunk = connectionString === undefined ? 5 : 1;
  let summary = nothingYet;
  let next = firstSeed;

  const isEnough = () => summary.slots >= slots || next >= firstSeed + seeds || summary.failed.length > 0;

  async function work(): Promise<void> {
    const settings: ThreadSettings = { mutant, connectionString };
    const thread = new Worker(new URL("./thread.ts", import.meta.url), { workerData: settings, execArgv: [] });
    try {
      while (!isEnough()) {
        const chunk: Chunk = { first: next, count: Math.min(worldsPerChunk, firstSeed + seeds - next) };
        next += chunk.count;
        thread.postMessage(chunk);
        const [played] = (await once(thread, "message")) as [Summary];
        summary = added(summary, played);
      }
    } finally {
      await thread.terminate();
    }
  }

  await Promise.all(Array.from({ length: threads }, work));
  return { ...summary, failed: summary.failed.toSorted((left, right) => left.seed - right.seed) };
}
