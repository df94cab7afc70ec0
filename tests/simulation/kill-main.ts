import { startAzurite } from "../../tools/azurite.ts";
import { build, projectDirectory } from "../../tools/build.ts";
import { readOptions, wholeNumber } from "./arguments.ts";
import { runKillTest } from "./kill.ts";
import { tableOf } from "./kill-report.ts";

// `node tests/simulation/kill-main.ts [--seed S] [--runs 200] [--hosts 3]`: real hosts on a real Azurite, killed at
// random. Without a seed it takes a new one and prints it.

const { seed, runs, hosts } = readOptions({
  seed: { type: "string", default: String(Date.now() % 1_000_000) },
  runs: { type: "string", default: "200" },
  hosts: { type: "string", default: "3" },
});
const plan = {
  seed: wholeNumber("seed", seed, 0),
  runs: wholeNumber("runs", runs, 1),
  hosts: wholeNumber("hosts", hosts, 2),
};

const startedAt = performance.now();
const say = (line: string): void => {
  process.stdout.write(`[${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s] ${line}\n`);
};

const [azurite] = await Promise.all([startAzurite({ memory: true }), build()]);
try {
  const figures = await runKillTest({
    ...plan,
    connectionString: azurite.connectionString,
    appDirectory: projectDirectory,
    report: say,
  });
  process.stdout.write(`\n${tableOf(figures)}\n\n0 lost, 0 committed twice, no completed tool call repeated.\n`);
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : thrown}\n`);
  process.exitCode = 1;
} finally {
  await azurite.stop();
}
