import { parentPort, workerData } from "node:worker_threads";
import { mutantNamed } from "./mutants.ts";
import { play } from "./play.ts";
import type { Chunk, ThreadSettings } from "./simulate.ts";
import { nothingYet, withPlayed } from "./summary.ts";

// One thread of the simulation: plays the worlds of a chunk and tells what they came to.

const settings = workerData as ThreadSettings;
const mutant = mutantNamed(settings.mutant);
const { createAzuriteService } = settings.connectionString === undefined ? {} : await import("./azurite-service.ts");

parentPort?.on("message", async ({ first, count }: Chunk) => {
  let summary = nothingYet;
  for (let seed = first; seed < first + count; seed++) {
    const service = createAzuriteService?.(settings.connectionString ?? "");
    summary = withPlayed(summary, await play({ seed, mutant, service }));
  }
  parentPort?.postMessage(summary);
});
