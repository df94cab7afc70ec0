import { setTimeout as sleep } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";

const run = z.object({
  id: z.string(),
  state: z.string(),
  outcome: z.string().optional(),
  conversation_id: z.string(),
  turns: z.number(),
  tool_calls: z.number(),
});

const event = z.object({
  type: z.string(),
  text: z.string().optional(),
  tool: z.string().optional(),
  tool_calls: z.array(z.object({ name: z.string(), arguments: z.string() })).optional(),
});

export type Run = z.output<typeof run>;
export type Event = z.output<typeof event>;

const answers = {
  schedule_conversation: z.object({ summary: z.string(), schedule_id: z.string() }),
  list_runs: z.object({ runs: z.array(run) }),
  get_conversation: z.object({ events: z.array(event) }),
};

/** A real MCP client over HTTP, with the answers of the tools that the demo calls parsed. */
export async function connect(mcpUrl: string) {
  const client = new Client({ name: "demo", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl)));
  return {
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    async call<Name extends keyof typeof answers>(name: Name, input: Record<string, unknown>) {
      const { content, structuredContent, isError } = await client.callTool({ name, arguments: input });
      if (isError === true) throw new Error(`${name} failed: ${JSON.stringify(content)}`);
      return answers[name].parse(structuredContent) as z.output<(typeof answers)[Name]>;
    },
    close: () => client.close(),
  };
}

const runLimitSeconds = 45;

/** Asks for the newest run until it has ended, and says each change of its state. */
export async function waitForRun(
  client: Awaited<ReturnType<typeof connect>>,
  scheduleId: string,
  say: (text: string) => void,
): Promise<Run> {
  let state = "planned; the timer will find it";
  say(`The run is ${state}.`);
  for (let polls = 0; polls < runLimitSeconds * 2; polls++) {
    const [newest] = (await client.call("list_runs", { schedule_id: scheduleId })).runs;
    if (newest !== undefined && newest.state !== state) {
      state = newest.state;
      say(`The run is ${state === "queued" ? "queued; its message becomes visible at the planned second" : state}.`);
    }
    if (newest?.state === "ended") return newest;
    await sleep(500);
  }
  throw new Error(`The run had not ended after ${runLimitSeconds} s.`);
}
