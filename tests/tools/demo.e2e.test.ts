import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const demo = fileURLToPath(new URL("../../tools/demo/demo.ts", import.meta.url));

it("shows the whole journey, ends by itself and leaves with 0", async () => {
  // A settled promise means exit code 0; the limit is the minute that the demo may take.
  const { stdout } = await promisify(execFile)(process.execPath, [demo], { timeout: 60_000 });
  for (const words of [
    "An MCP client is connected",
    "schedule_conversation answers: Scheduled",
    "The run is ended.",
    "Outcome: succeeded, after 2 turns and 1 tool call(s).",
    "get_knowledge_base answers",
    "This is a rehearsal answer",
  ]) {
    expect(stdout).toContain(words);
  }
  expect(stdout).toMatch(/scheduled-conversations\/conversations\/local\/.*\/000000\.jsonl \(\d+ bytes\)/);
  // The first line comes before anything slow, and every step says when it was taken.
  expect(stdout.split("\n")[0]).toMatch(/^\[ +0\.\d s\] Building/);
});
