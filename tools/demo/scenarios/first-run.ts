import { counted } from "../../../shared/kernel/counted.ts";
import { eventsOf, expectThat, type Scenario, waitForPlannedRun } from "../scenario.ts";
import { transcript } from "../transcript.ts";

const secondsAhead = 12;
const prompt = "Which priorities are there, and how fast is each answered? Look into the knowledge base.";

export const firstRun: Scenario = {
  title: "a conversation is scheduled, fires, uses a tool and is kept",
  settings: () => ({}),
  async play(stage) {
    const { session, say, show, listBlobs } = stage;
    const runAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + secondsAhead * 1000).toISOString();
    const input = { name: "Ticket priorities", prompt, run_at: runAt };
    const scheduled = await session.call("schedule_conversation", input);
    say(`schedule_conversation answers: ${scheduled.summary}`);

    const run = await waitForPlannedRun(stage, scheduled.schedule_id);
    say(`Outcome: ${run.outcome}, after ${counted(run.turns, "turn")} and ${counted(run.tool_calls, "tool call")}.`);
    const events = await eventsOf(session, run);
    show(`The transcript, as get_conversation gives it:\n\n${transcript(events)}`);
    show(`Where it lies in Blob Storage:\n\n${(await listBlobs()).map((name) => `  ${name}`).join("\n")}`);
    const hasUsedTool = events.some(({ type, tool }) => type === "tool_result" && tool === "get_knowledge_base");
    expectThat(run.outcome === "succeeded" && hasUsedTool, "a run that succeeded with the knowledge base");
    show("Scheduled, fired, used a tool, kept. Next: npm start, then npm run chat or your own MCP client.");
  },
};
