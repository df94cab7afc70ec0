import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// `npm test` runs every stage, `npm run check` the fast half. Each stage says in one line how long it took; the first
// one that fails ends the run, after its whole output.

interface Stage {
  readonly name: string;
  readonly command: readonly string[];
}

const results = join(tmpdir(), `scheduled-conversations-results-${process.pid}.json`);
/** Whole: some processes run in other folders. */
const compileCache = resolve("node_modules", ".cache", "node");
const isQuick = process.argv[2] === "check";

const tests = (projects: readonly string[]): Stage => ({
  name: `tests (${projects.join(", ")})`,
  command: [
    "vitest",
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${results}`,
  ],
});

const stages: readonly Stage[] = [
  { name: "types", command: ["tsc"] },
  { name: "lint", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "dead code", command: ["knip", "--no-progress"] },
  tests(isQuick ? ["fast"] : ["fast", "azurite", "e2e"]),
];

for (const stage of stages) await runStage(stage);
await printCounts();

async function runStage({ name, command }: Stage): Promise<void> {
  const startedAt = performance.now();
  const isTests = command[0] === "vitest";
  const { code, output } = await execute(command, isTests);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? "passed" : "FAILED"}  ${name}  ${seconds} s`);
  if (code === 0) return;
  if (isTests) await printCounts();
  else console.log(output);
  process.exit(1);
}

/** Runs a program of node_modules/.bin, which npm puts first on the PATH. Tests show their progress at once. */
async function execute([program = "", ...words]: readonly string[], isShown: boolean) {
  const child = spawn(program, words, {
    stdio: ["ignore", isShown ? "inherit" : "pipe", isShown ? "inherit" : "pipe"],
    shell: process.platform === "win32",
    // Every test of real processes starts some: compiled code that is kept saves each a fifth of its work.
    env: { NODE_COMPILE_CACHE: compileCache, ...process.env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (output += String(text)));
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject).once("close", (status) => resolve(status ?? 1));
  });
  return { code, output };
}

async function printCounts(): Promise<void> {
  const text = await readFile(results, "utf8").catch(() => undefined);
  if (text === undefined) return;
  await rm(results);
  const { numPassedTests, numFailedTests } = JSON.parse(text) as Record<string, number>;
  console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
}
