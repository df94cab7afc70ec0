import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

interface Failure {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const play = (program: string, words: readonly string[]): Promise<Failure | undefined> =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL(program, import.meta.url)), ...words]).then(
    () => undefined,
    (failure: Failure) => failure,
  );

it.each([
  ["main.ts", ["--nope"], /^These options are known: --seeds VALUE, .*--azurite\.$/],
  ["main.ts", ["--seeds"], /^These options are known: /],
  ["main.ts", ["--mutant", "nope"], /^There is no mutant "nope"\. Planted can be: \w+/],
  ["main.ts", ["--seed", "first"], /^--seed first is not possible: pass a whole number from 0 on\.$/],
  ["main.ts", ["--slots", "0"], /^--slots 0 is not possible: pass a whole number from 1 on\.$/],
  ["kill-main.ts", ["--nope"], /^These options are known: --seed VALUE, --runs VALUE, --hosts VALUE\.$/],
  ["kill-main.ts", ["--hosts", "1"], /^--hosts 1 is not possible: pass a whole number from 2 on\.$/],
])("%s ends with 2 and one line for %j, and starts nothing", async (program, words, line) => {
  const failure = await play(program, words);
  expect(failure).toMatchObject({ code: 2, stdout: "" });
  expect(failure?.stderr.trimEnd()).toMatch(line);
  expect(failure?.stderr.trimEnd().split("\n")).toHaveLength(1);
});
