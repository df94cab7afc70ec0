import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const demo = fileURLToPath(new URL("../../tools/demo/demo.ts", import.meta.url));

/** A settled promise means exit code 0; the limit is the minute that a demo may take. */
const play = async (...words: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [demo, ...words], { timeout: 60_000 })).stdout;

/** The texts stand there in this order. */
function expectStory(output: string, texts: readonly (string | RegExp)[]): void {
  let rest = output;
  for (const text of texts) {
    expect(rest).toMatch(text);
    rest = rest.slice(typeof text === "string" ? rest.indexOf(text) + text.length : rest.search(text) + 1);
  }
}

it("shows the whole journey, ends by itself and leaves with 0", async () => {
  const output = await play();
  expectStory(output, [
    "An MCP client is connected",
    "schedule_conversation answers: Scheduled",
    "The run is ended.",
    "Outcome: succeeded, after 2 turns and 1 tool call(s).",
    "get_knowledge_base answers",
    "This is a rehearsal answer",
    /scheduled-conversations\/conversations\/local\/.*\/000000\.jsonl \(\d+ bytes\)/,
  ]);
  // The first line comes before anything slow, and every step says when it was taken.
  expect(output.split("\n")[0]).toMatch(/^\[ +0\.\d s\] Building/);
});

it("shows a scheduled run that uses a tool of another MCP server", async () => {
  expectStory(await play("--scenario", "tools"), [
    'Scheduled "Critical tickets"',
    "Outcome: succeeded, after 2 turns and 1 tool call(s).",
    'files__read_text_file {"path":"tickets.txt"}',
    "files__read_text_file answers",
    "T-17 critical",
    "This is a rehearsal answer",
  ]);
});

it("shows a run that waits for a decision and writes its file once approved, and one that is denied", async () => {
  const decision = [/The run is waiting_approval/, "files__write_file", '{"path":"report.md","content":'];
  expectStory(await play("--scenario", "approvals"), [
    'Scheduled "Morning report"',
    ...decision,
    "decide_approval answers: Approved",
    "Outcome: succeeded. report.md is there:",
    "Written by a rehearsal",
    "The demo deletes report.md again",
    ...decision,
    "decide_approval answers: Denied",
    "Outcome: succeeded. report.md is not there.",
    "files__write_file was not called",
    "Not this week, please.",
  ]);
});

it("shows a schedule that uses up its tokens of the month", async () => {
  expectStory(await play("--scenario", "budget"), [
    /Outcome: succeeded, after 2 turns and \d+ tokens. get_schedule: [1-9]\d+ of 3000 left/,
    /Outcome: budget_exceeded \(month_tokens\).* get_schedule: 0 of 3000 left/,
  ]);
});

it.each([[["--scenario", "nonsense"]], [["--scenario"]], [["nonsense"]]])(
  "says for %j which scenarios there are, and starts nothing",
  async (words) => {
    const failure = await play(...words).then(
      () => undefined,
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    expect(failure).toMatchObject({ code: 1, stdout: "" });
    expect(failure?.stderr.match(/^ {2}[\w-]+/gm)).toEqual(["  first-run", "  tools", "  approvals", "  budget"]);
  },
);
