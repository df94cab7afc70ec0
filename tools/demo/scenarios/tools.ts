import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { counted } from "../../../shared/kernel/counted.ts";
import { filesServer } from "../files-server.ts";
import { eventsOf, expectThat, type Scenario, waitForPlannedRun } from "../scenario.ts";
import { transcript } from "../transcript.ts";

const secondsAhead = 8;
const tickets = "T-17 critical  Sign-in fails for customers in Lisbon\nT-18 low       Typo on the start page\n";

export const tools: Scenario = {
  title: "a scheduled run uses the tools of another MCP server",
  settings: (folder) => ({ MCP_SERVERS: filesServer(folder) }),
  async play(stage) {
    const { session, folder, say, show } = stage;
    await writeFile(join(folder, "tickets.txt"), tickets);
    say(
      "MCP_SERVERS names one server from npm, files, over stdio. A folder that it may read has the file tickets.txt.",
    );

    const runAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + secondsAhead * 1000).toISOString();
    const prompt = "Read the file tickets.txt and tell me what is critical.";
    const scheduled = await session.call("schedule_conversation", { name: "Critical tickets", prompt, run_at: runAt });
    say(`schedule_conversation answers: ${scheduled.summary}`);
    say("It names no allowed_tools, so its runs have every read-only tool: our own and those of the server.");

    const run = await waitForPlannedRun(stage, scheduled.schedule_id);
    say(`Outcome: ${run.outcome}, after ${counted(run.turns, "turn")} and ${counted(run.tool_calls, "tool call")}.`);
    const events = await eventsOf(session, run);
    show(`The transcript, as get_conversation gives it:\n\n${transcript(events)}`);
    const result = events.find(({ type, tool }) => type === "tool_result" && tool === "files__read_text_file");
    expectThat(run.outcome === "succeeded" && result?.text?.includes("T-17") === true, "the file's text in the run");
    show("A tool of another MCP server, at a planned moment, while nobody was there.");
  },
};
