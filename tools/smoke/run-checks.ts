import { ToolError } from "../client/connect.ts";
import type { Deployment } from "./deployment.ts";

export interface Check {
  readonly name: string;
  /** @returns what was found, in words. @throws CheckFailed, or whatever the connection throws */
  readonly check: (deployment: Deployment) => Promise<string>;
  /** Also after a check that failed: it leaves nothing behind. */
  readonly always?: true;
}

export interface CheckResult {
  readonly name: string;
  readonly outcome: "ok" | "FAILED" | "skipped";
  readonly seconds: number;
  readonly words: string;
}

/** The app does not do what it should; the message says what was seen and what to look at. */
export class CheckFailed extends Error {
  override name = "CheckFailed";
}

/** One after the other, each told as soon as it has ended. After the first that fails only those that clean up are made. */
export async function runChecks(
  checks: readonly Check[],
  deployment: Deployment,
  say: (line: string) => void,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    const hasFailed = results.some(({ outcome }) => outcome === "FAILED");
    const result =
      hasFailed && check.always !== true
        ? { name: check.name, outcome: "skipped" as const, seconds: 0, words: "a check before it failed" }
        : await runCheck(check, deployment);
    results.push(result);
    say(lineOf(result));
  }
  return results;
}

async function runCheck({ name, check }: Check, deployment: Deployment): Promise<CheckResult> {
  const startedAt = performance.now();
  const secondsSoFar = () => (performance.now() - startedAt) / 1000;
  try {
    const words = await check(deployment);
    return { name, outcome: "ok", seconds: secondsSoFar(), words };
  } catch (thrown) {
    return { name, outcome: "FAILED", seconds: secondsSoFar(), words: wordsFor(thrown, deployment) };
  }
}

function wordsFor(thrown: unknown, deployment: Deployment): string {
  if (thrown instanceof CheckFailed || thrown instanceof ToolError) return thrown.message;
  return deployment.failure(thrown) ?? (thrown instanceof Error ? thrown.message : String(thrown));
}

const lineOf = ({ name, outcome, seconds, words }: CheckResult): string =>
  `${outcome.padEnd(8)}${name.padEnd(12)}${seconds.toFixed(1).padStart(6)} s  ${words}`;

export function describeChecks(results: readonly CheckResult[]): string {
  const of = (outcome: CheckResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
  return `${of("ok")} ok, ${of("FAILED")} failed, ${of("skipped")} skipped`;
}
