import { parseArgs } from "node:util";
import { startAzurite } from "../../tools/azurite.ts";
import { createAzuriteService } from "./azurite-service.ts";
import { mutantNamed } from "./mutants.ts";
import { play } from "./play.ts";
import { simulate } from "./simulate.ts";
import { describe } from "./summary.ts";

// npm run simulate -- [--seeds N] [--slots N] [--seed S] [--mutant name] [--azurite]
// A single --seed without --seeds is replayed with every step.

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    slots: { type: "string" },
    seed: { type: "string" },
    mutant: { type: "string" },
    azurite: { type: "boolean" },
  },
});
const seed = values.seed === undefined ? undefined : Number(values.seed);
const { mutant } = values;
const azurite = values.azurite ? await startAzurite({ memory: true }) : undefined;
const isReplay = seed !== undefined && values.seeds === undefined && values.slots === undefined;
const isKept = isReplay ? await replay(seed) : await simulateAll();
await azurite?.stop();
process.exit(isKept ? 0 : 1);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function simulateAll(): Promise<boolean> {
  const startedAt = performance.now();
  const summary = await simulate({
    firstSeed: seed ?? 1,
    seeds: values.seeds === undefined ? undefined : Number(values.seeds),
    slots: values.slots === undefined ? (values.seeds === undefined ? 10_000 : undefined) : Number(values.slots),
    mutant,
    connectionString: azurite?.connectionString,
  });
  say(describe(summary, (performance.now() - startedAt) / 1000));
  const [first] = summary.failed;
  if (first === undefined) return true;
  for (const { check, text } of first.broken) say(`\nBROKEN  ${check}: ${text}`);
  say(`\nReplay with every step: ${commandFor(first.seed)}`);
  return false;
}

async function replay(number: number): Promise<boolean> {
  const service = azurite && createAzuriteService(azurite.connectionString);
  const { broken } = await play({ seed: number, mutant: mutantNamed(mutant), service, tell: say });
  for (const { check, text } of broken) say(`\nBROKEN  ${check}: ${text}`);
  say(`\n${broken.length === 0 ? "Every promise was kept." : "Promises were broken."} ${commandFor(number)}`);
  return broken.length === 0;
}

function commandFor(number: number): string {
  const words = [mutant && `--mutant ${mutant}`, values.azurite && "--azurite"].filter(Boolean);
  return ["npm run simulate -- --seed", number, ...words].join(" ");
}
