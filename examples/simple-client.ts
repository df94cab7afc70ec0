// Schedules one conversation a few seconds ahead, waits until it has fired, and prints its answer.
// `npm start` in one terminal, then in another: npx node examples/simple-client.ts [URL]. A function key goes into MCP_KEY.
import { setTimeout as sleep } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";

const url = new URL(process.argv[2] ?? "http://localhost:7071/mcp");
const headers: Record<string, string> = process.env.MCP_KEY ? { "x-functions-key": process.env.MCP_KEY } : {};
const client = new Client({ name: "simple-client", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } })).catch((cause: unknown) => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  console.error(`No MCP server at ${url.origin}${url.pathname} (${reason}). Start it in another terminal: npm start`);
  process.exit(1);
});

// What this client reads of the answers; the outputSchema of each tool has all of it.
const scheduled = z.object({ summary: z.string(), schedule_id: z.string() });
const run = z.object({
  id: z.string(),
  state: z.string(),
  outcome: z.string().optional(),
  started_at: z.string().optional(),
  answer: z.string().optional(),
});

const { summary, schedule_id } = await call(scheduled, "schedule_conversation", {
  name: "Critical tickets",
  prompt: "What counts as a critical ticket? Look into the knowledge base.",
  run_at: new Date(Date.now() + 10_000).toISOString(),
});
console.log(summary);

let newest: z.output<typeof run> | undefined;
while (newest === undefined) {
  await sleep(1000);
  [newest] = (await call(z.object({ runs: z.array(run) }), "list_runs", { schedule_id })).runs;
}
while (newest.state !== "ended") {
  // The server does the waiting: it answers as soon as the run has ended.
  ({ run: newest } = await call(z.object({ run }), "get_run", { id: newest.id, wait_seconds: 25 }));
}
console.log(`Fired at ${newest.started_at}, outcome: ${newest.outcome}.\n${newest.answer}`);
await client.close();

async function call<Answer>(schema: z.ZodType<Answer>, name: string, input: Record<string, unknown>): Promise<Answer> {
  const { structuredContent, content, isError } = await client.callTool({ name, arguments: input });
  if (isError) throw new Error(JSON.stringify(content));
  return schema.parse(structuredContent);
}
