import { type Azurite, startAzurite } from "../../tools/azurite.ts";
import type { StorageService } from "../support/memory-ports.ts";
import { readOptions, refuse, wholeNumber } from "./arguments.ts";
import { createAzuriteService } from "./azurite-service.ts";
import { mutantNamed, mutantNames } from "./mutants.ts";
import { play } from "./play.ts";
import { simulate } from "./simulate.ts";
import { added, describe, nothingYet, type Summary } from "./summary.ts";

// npm run simulate -- [--seeds N] [--slots N] [--seed S] [--mutant name] [--azurite]
// A single --seed without --seeds is replayed with every step.

const values = readOptions({
  seeds: { type: "string" },
  slots: { type: "string" },
  seed: { type: "string" },
  mutant: { type: "string" },
  azurite: { type: "boolean" },
});
const seed = given("seed", 0);
const seedsAsked = given("seeds", 1);
const slotsAsked = given("slots", 1);
const { mutant } = values;
if (mutant !== undefined && !mutantNames.includes(mutant)) {
  refuse(`There is no mutant "${mutant}". Planted can be: ${mutantNames.join(", ")}.`);
}
/** After about ten minutes Azurite clears away what was deleted, and with much of it answers nobody for as long again. */
const slotsOfOneAzurite = 1000;

const isReplay = seed !== undefined && seedsAsked === undefined && slotsAsked === undefined;
const isKept = isReplay ? await replay(seed) : await simulateAll();
process.exit(isKept ? 0 : 1);

function given(name: "seed" | "seeds" | "slots", least: number): number | undefined {
  const text = values[name];
  return text === undefined ? undefined : wholeNumber(name, text, least);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function simulateAll(): Promise<boolean> {
  const startedAt = performance.now();
  const seeds = seedsAsked ?? Infinity;
  const slots = slotsAsked ?? (seedsAsked === undefined ? 10_000 : Infinity);
  const summary = await (values.azurite ? onFreshAzurites : simulate)({ firstSeed: seed ?? 1, seeds, slots, mutant });
  say(describe(summary, (performance.now() - startedAt) / 1000));
  const [first] = summary.failed;
  if (first === undefined) return true;
  for (const { check, text } of first.broken) say(`\nBROKEN  ${check}: ${text}`);
  say(`\nReplay with every step: ${commandFor(first.seed)}`);
  return false;
}

interface Bounds {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly slots: number;
  readonly mutant: string | undefined;
}

/** As many as asked for, on one Azurite after the other. */
async function onFreshAzurites({ firstSeed, seeds, slots, mutant }: Bounds): Promise<Summary> {
  let summary = nothingYet;
  while (summary.slots < slots && summary.seeds < seeds && summary.failed.length === 0) {
    const played = await onAzurite(({ connectionString }) =>
      simulate({
        firstSeed: firstSeed + summary.seeds,
        seeds: seeds - summary.seeds,
        slots: Math.min(slotsOfOneAzurite, slots - summary.slots),
        mutant,
        connectionString,
      }),
    );
    summary = added(summary, played);
  }
  return summary;
}

async function onAzurite<T>(work: (azurite: Azurite) => Promise<T>): Promise<T> {
  const azurite = await startAzurite({ memory: true });
  try {
    return await work(azurite);
  } finally {
    await azurite.stop();
  }
}

async function replay(number: number): Promise<boolean> {
  const playIt = (service?: StorageService) => play({ seed: number, mutant: mutantNamed(mutant), service, tell: say });
  const { broken } = values.azurite
    ? await onAzurite(({ connectionString }) => playIt(createAzuriteService(connectionString)))
    : await playIt();
  for (const { check, text } of broken) say(`\nBROKEN  ${check}: ${text}`);
  say(`\n${broken.length === 0 ? "Every promise was kept." : "Promises were broken."} ${commandFor(number)}`);
  return broken.length === 0;
}

function commandFor(number: number): string {
  const words = [mutant && `--mutant ${mutant}`, values.azurite && "--azurite"].filter(Boolean);
  return ["npm run simulate -- --seed", number, ...words].join(" ");
}
