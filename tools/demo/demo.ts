import { startDemoApp } from "./demo-app.ts";
import { connect, waitForRun } from "./demo-client.ts";
import { transcript } from "./transcript.ts";

// `npm run demo`: the whole journey on real parts, in about half a minute and without any account.

const secondsAhead = 12;
const prompt = "Which ticket priorities are there, and how fast is each answered? Look into the knowledge base.";

const startedAt = performance.now();
const app = await startDemoApp(say);
try {
  const client = await connect(app.mcpUrl);
  say(`An MCP client is connected and sees these tools: ${(await client.listTools()).join(", ")}.`);

  const runAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + secondsAhead * 1000).toISOString();
  const scheduled = await client.call("schedule_conversation", { name: "Ticket priorities", prompt, run_at: runAt });
  say(`schedule_conversation answers: ${scheduled.summary}`);

  const run = await waitForRun(client, scheduled.schedule_id, say);
  say(`Outcome: ${run.outcome}, after ${run.turns} turns and ${run.tool_calls} tool call(s).`);
  const { events } = await client.call("get_conversation", { id: run.conversation_id, limit: 200 });
  await client.close();

  console.log(`\nThe transcript, as get_conversation gives it:\n\n${transcript(events)}`);
  console.log(`\nWhere it lies in Blob Storage:\n\n${(await app.listBlobs()).map((name) => `  ${name}`).join("\n")}`);
  const hasUsedTool = events.some(({ type, tool }) => type === "tool_result" && tool === "get_knowledge_base");
  if (run.outcome !== "succeeded" || !hasUsedTool) throw new Error("The run did not go as it should; see above.");
  console.log("\nScheduled, fired, used a tool, kept. Next: npm start, and connect your own MCP client.");
} finally {
  await app.stop();
}
// The library that runs the app keeps a server of its own open for as long as the process lives.
process.exit();

function say(text: string): void {
  console.log(`[${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s] ${text}`);
}
