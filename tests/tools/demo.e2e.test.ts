import { expect, it } from "vitest";
import { expectStory, playDemo, refusedDemo } from "./demo-story.ts";

it("shows the whole journey, ends by itself and leaves with 0", async () => {
  const output = await playDemo([]);
  expectStory(output, [
    "An MCP client is connected",
    "schedule_conversation answers: Scheduled",
    "The run is ended.",
    "Outcome: succeeded, after 2 turns and 1 tool call.",
    "get_knowledge_base answers",
    "This is a rehearsal answer",
    /scheduled-conversations\/conversations\/local\/.*\/000000\.jsonl \(\d+ bytes\)/,
  ]);
  // The first line comes before anything slow, and every step says when it was taken.
  expect(output.split("\n")[0]).toMatch(/^\[ +0\.\d s\] Building/);
});

it("shows a scheduled run that uses a tool of another MCP server", async () => {
  expectStory(await playDemo(["--scenario", "tools"]), [
    'Scheduled "Critical tickets"',
    "Outcome: succeeded, after 2 turns and 1 tool call.",
    'files__read_text_file {"path":"tickets.txt"}',
    "files__read_text_file answers",
    "T-17 critical",
    "This is a rehearsal answer",
  ]);
});

it("shows a run that waits for a decision and writes its file once approved, and one that is denied", async () => {
  const decision = [/The run is waiting_approval/, "files__write_file", '{"path":"report.md","content":'];
  expectStory(await playDemo(["--scenario", "approvals"]), [
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

it("shows a digest of the open critical tickets, and a new ticket that is there once it is approved", async () => {
  const output = await playDemo(["--scenario", "tickets"]);
  expectStory(output, [
    'Scheduled "Critical tickets"',
    "Outcome: succeeded, after 2 turns and 1 tool call.",
    'list_tickets {"status":"open","priority":"critical"}',
    "list_tickets answers",
    "Sign-in fails for customers in Lisbon",
    "The run is waiting_approval: create_ticket changes something.",
    '{"title":"Review the critical tickets"',
    "decide_approval answers: Approved",
    "Outcome: succeeded. list_tickets with status open answers:",
    /T-\d+ {2}critical {2}Review the critical tickets\n/,
  ]);
  expect(output).not.toContain("ExperimentalWarning");
});

it("shows a schedule that uses up its tokens of the month", async () => {
  expectStory(await playDemo(["--scenario", "budget"]), [
    /Outcome: succeeded, after 2 turns and \d+ tokens. get_schedule: [1-9]\d+ of 3000 left/,
    /Outcome: budget_exceeded \(month_tokens\).* get_schedule: 0 of 3000 left/,
  ]);
});

it.each([[["--scenario", "nonsense"]], [["--scenario"]], [["nonsense"]]])(
  "says for %j which scenarios there are, and starts nothing",
  async (words) => {
    const failure = await refusedDemo(words);
    expect(failure).toMatchObject({ code: 1, stdout: "" });
    expect(failure?.stderr.match(/^ {2}[\w-]+/gm)).toEqual([
      "  first-run",
      "  tools",
      "  approvals",
      "  tickets",
      "  budget",
      "  scheduler",
    ]);
  },
);
