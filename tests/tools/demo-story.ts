import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";

const demo = fileURLToPath(new URL("../../tools/demo/demo.ts", import.meta.url));

/** What `npm run demo` prints. A settled promise means exit code 0; the limit is the minute that a demo may take. */
export async function playDemo(words: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...settings };
  return (await promisify(execFile)(process.execPath, [demo, ...words], { env, timeout: 60_000 })).stdout;
}

/** How a demo ended that is expected not to begin. */
export const refusedDemo = (words: readonly string[], settings?: Readonly<Record<string, string>>) =>
  playDemo(words, settings).then(
    () => undefined,
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

/** The texts stand there in this order. */
export function expectStory(output: string, texts: readonly (string | RegExp)[]): void {
  let rest = output;
  for (const text of texts) {
    expect(rest).toMatch(text);
    rest = rest.slice(typeof text === "string" ? rest.indexOf(text) + text.length : rest.search(text) + 1);
  }
}
