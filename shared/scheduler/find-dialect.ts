import { z } from "zod";
import type { Dialect } from "./dialect.ts";
import { findMcp, type OpenMcpSession } from "./mcp-dialect.ts";
import { findMcpTools } from "./mcptools-dialect.ts";
import { SchedulerFailure } from "./scheduler-failure.ts";
import type { Send } from "./send.ts";
import type { SignIn } from "./sign-in.ts";

export interface FindOptions {
  readonly url: string;
  readonly signIn: SignIn;
  readonly send: Send;
  readonly openMcp: OpenMcpSession;
  readonly answerBytes: number;
}

/**
 * Finds out what the Scheduler speaks, by what it really does: MCP at /mcp, else its own tools at /api/mcptools. Its
 * third way, /mcp/tools, lists tools but can call none of them. @throws SchedulerFailure; whoever cannot be reached, or
 * is not well, is asked again at the next use
 */
export async function findDialect(options: FindOptions, signal: AbortSignal): Promise<Dialect> {
  const { signIn, send } = options;
  // Before anything else: without a token every way is closed, and for the same reason.
  await signIn.token();
  const url = `${options.url.replace(/\/+$/, "")}/mcp`;
  const address = { url, tokens: signIn, messageBytes: options.answerBytes, signal };
  const found = (await findMcp(options.openMcp, address)) ?? (await findMcpTools(send, signIn, signal));
  if (found !== undefined) return found;
  throw new SchedulerFailure("dialect", (await hasToolChoices(send, signal)) ? onlyToolChoices : nothingKnown);
}

const choicesSchema = z.object({ toolChoices: z.array(z.unknown()) });

async function hasToolChoices(send: Send, signal: AbortSignal): Promise<boolean> {
  const { status, json } = await send({ method: "GET", path: "mcp/tools" }, signal);
  return status === 200 && choicesSchema.safeParse(json).success;
}

const onlyToolChoices =
  "The external Scheduler offers only /mcp/tools and /mcp/execute, in which nothing can be scheduled. " +
  "Run a version of it that has /api/mcptools, or one that is an MCP server at /mcp.";
const nothingKnown =
  "What answers at SCHEDULER_URL is no Scheduler that this app can speak with: it has neither an MCP server at /mcp " +
  "nor tools at /api/mcptools that schedule. Check the address.";
