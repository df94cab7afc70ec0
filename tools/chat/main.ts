import { parseArgs } from "node:util";
import { connect, type Session, ToolError } from "../client/connect.ts";
import { connectFailure } from "../client/connect-failure.ts";
import { type Chat, talk } from "./chat.ts";
import { runCommand } from "./commands.ts";
import { readLines } from "./lines.ts";
import { shown } from "./shown.ts";

// `npm run chat`: a terminal in front of a server that runs already. MCP_KEY holds the function key, where one is asked for.

const leaving = new AbortController();
process.once("SIGINT", () => leave());
process.once("SIGTERM", () => leave());

const url = readUrl();
const session = await connect(url, { name: "chat", key: process.env.MCP_KEY || undefined }).catch(giveUp);
if (!session.tools.some(({ name }) => name === "continue_conversation")) {
  giveUp(
    new ToolError(
      `${url.host} has no tool continue_conversation, so there is nobody to talk to. Is it another server, or are MCP_TOOLSETS or MCP_READ_ONLY set there?`,
    ),
  );
}
console.log(`Connected to ${url.origin}${url.pathname}: ${shown(session.server, "")}, ${session.tools.length} tools.`);
console.log("Say something, or type /help. Ctrl-D leaves.\n");
process.exit(await converse(session));

async function converse(session: Session): Promise<number> {
  const lines = readLines({ input: process.stdin, output: process.stdout, onLeave: leave });
  const chat: Chat = { session, lines, say: (text) => console.log(text), signal: leaving.signal };
  process.once("exit", () => lines.close());
  let code = 0;
  for (let isOpen = true; isOpen; ) {
    const message = (await lines.ask("you> "))?.trim();
    if (message === undefined) break;
    if (message === "") continue;
    isOpen = await answer(chat, message).catch((thrown: unknown) => {
      code = process.stdin.isTTY ? 0 : 1;
      chat.say(`${failureText(thrown)}\n`);
      return true;
    });
  }
  await session.close().catch(() => undefined);
  return code;
}

async function answer(chat: Chat, message: string): Promise<boolean> {
  if (message.startsWith("/") && !message.startsWith("//")) return runCommand(chat, message);
  await talk(chat, message.replace(/^\/\//, "/"));
  return true;
}

function failureText(thrown: unknown): string {
  if (thrown instanceof ToolError) {
    // The server's words name a tool; a person has a command for it.
    return thrown.approvalId === undefined
      ? shown(thrown.message)
      : "A run of this conversation waits for your decision. /approvals asks you; then say it again.";
  }
  const words = connectFailure(thrown, url);
  if (words !== undefined)
    return `${words}\nIf you were saying something, say it again in the same words: it is not said twice.`;
  return thrown instanceof Error ? shown(thrown.message) : String(thrown);
}

function readUrl(): URL {
  const fallback = `http://localhost:${process.env.PORT ?? 7071}/mcp`;
  try {
    const { values } = parseArgs({ options: { url: { type: "string", default: fallback } } });
    const url = new URL(values.url);
    if (/^https?:$/.test(url.protocol)) return url;
  } catch {
    // Said below.
  }
  return giveUp(new ToolError(`An address is expected: npm run chat -- --url ${fallback}`));
}

function giveUp(thrown: unknown): never {
  console.error(thrown instanceof ToolError ? thrown.message : (connectFailure(thrown, url) ?? thrown));
  process.exit(1);
}

/** A message that is being answered goes on at the server. */
function leave(): void {
  leaving.abort();
  console.log("\nBye.");
  process.exit(0);
}
