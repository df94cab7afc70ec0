import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as LegacyTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { waitFor } from "./wait-for.ts";

type Answer = Record<string, unknown> & { summary: string };

/** A connected MCP client, whichever SDK it is built on. */
export interface McpSession {
  readonly protocolVersion: string | undefined;
  listTools(): Promise<string[]>;
  /** The structured answer. @throws Error with the error envelope when the tool failed. */
  call(name: string, input: Record<string, unknown>): Promise<Answer>;
  close(): Promise<void>;
}

/** A client on the SDK of the revisions with `initialize` (1.x). */
export async function connectLegacy(url: string): Promise<McpSession> {
  const client = new LegacyClient({ name: "test", version: "1" });
  const transport = new LegacyTransport(new URL("/mcp", url));
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return sessionOf(client, transport.protocolVersion);
}

/** A client on the SDK that negotiates 2026-07-28 (2.x). */
export async function connectModern(url: string): Promise<McpSession> {
  const client = new ModernClient({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new ModernTransport(new URL("/mcp", url)));
  return sessionOf(client, client.getNegotiatedProtocolVersion());
}

interface EitherClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

const sessionOf = (client: EitherClient, protocolVersion: string | undefined): McpSession => ({
  protocolVersion,
  listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
  async call(name, input) {
    const { structuredContent, content, isError } = await client.callTool({ name, arguments: input });
    if (isError === true) throw new Error(JSON.stringify(content));
    return structuredContent as Answer;
  },
  close: () => client.close(),
});

export interface RunView {
  readonly id: string;
  /** Absent from a chat. */
  readonly schedule_id?: string;
  readonly state: string;
  readonly alarm?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly answer?: string;
  readonly conversation_id: string;
  readonly started_at: string;
  readonly slot: string;
  readonly pick_ups: number;
  readonly turns: number;
  readonly tool_calls: number;
}

export interface EventView {
  readonly type: string;
  readonly text?: string;
  readonly tool?: string;
  readonly is_error?: boolean;
}

/** An ISO time so many seconds from now, on a whole second. */
export const inSeconds = (seconds: number): string =>
  new Date(Math.ceil(Date.now() / 1000) * 1000 + seconds * 1000).toISOString();

/** The id of a new schedule that runs once. */
export async function scheduleOnce(session: McpSession, prompt: string, runAt: string): Promise<string> {
  const { schedule_id } = await session.call("schedule_conversation", { name: prompt, prompt, run_at: runAt });
  return schedule_id as string;
}

/** Asks until the schedule's only run has ended. */
export function finishedRun(session: McpSession, scheduleId: string, limitSeconds = 40): Promise<RunView> {
  return waitFor(
    async () => {
      const { runs } = await session.call("list_runs", { schedule_id: scheduleId });
      return (runs as RunView[]).find(({ state }) => state === "ended");
    },
    `the run of ${scheduleId}`,
    limitSeconds,
  );
}

export async function transcriptOf(session: McpSession, run: RunView): Promise<EventView[]> {
  const { events } = await session.call("get_conversation", { id: run.conversation_id, limit: 200 });
  return events as EventView[];
}
