import { type Chat, follow } from "./chat.ts";
import { decide } from "./decide.ts";
import { shown, shownLine } from "./shown.ts";

interface Command {
  readonly usage: string;
  readonly help: string;
  /** @param rest what stands behind the command, without the spaces around it */
  readonly run: (chat: Chat, rest: string) => Promise<void>;
}

const commands: Readonly<Record<string, Command>> = {
  help: { usage: "/help", help: "this list", run: async ({ say }) => say(help()) },
  tools: { usage: "/tools [NAME]", help: "the server's tools, or what one of them does", run: showTools },
  runs: { usage: "/runs", help: "the newest runs; those that go on first", run: showRuns },
  approvals: { usage: "/approvals", help: "decide about tool calls that wait for you", run: decideAll },
  open: { usage: "/open ID", help: "go on with this conversation (/runs shows ids)", run: openConversation },
  new: { usage: "/new", help: "begin a new conversation", run: beginAnew },
  call: { usage: "/call TOOL {JSON}", help: "call a tool of the server yourself", run: callTool },
  quit: { usage: "/quit", help: "leave; Ctrl-D and Ctrl-C do the same", run: async () => {} },
};

/** Carries a command out. False when the person wants to leave. */
export async function runCommand(chat: Chat, line: string): Promise<boolean> {
  const [, name = "", rest = ""] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? [];
  const known = name === "exit" ? "quit" : name;
  const command = Object.hasOwn(commands, known) ? commands[known] : undefined;
  if (command === undefined) {
    chat.say(`There is no command ${shownLine(`/${name}`)}. ${help()}`);
    return true;
  }
  await command.run(chat, rest.trim());
  return known !== "quit";
}

const help = (): string =>
  [
    "You can type:",
    ...Object.values(commands).map(({ usage, help: words }) => `  ${usage.padEnd(18)} ${words}`),
    "Everything else is said to the model. Begin with // to say something that begins with /.",
  ].join("\n");

async function showTools({ session: { tools }, say }: Chat, name: string): Promise<void> {
  const tool = tools.find((one) => one.name === name);
  if (name === "") return say(tools.map((one) => shown(`${one.name.padEnd(24)} ${one.title}`)).join("\n"));
  say(tool === undefined ? `There is no tool ${shownLine(name)}. /tools lists them.` : shown(tool.description));
}

async function showRuns({ session, say, signal }: Chat): Promise<void> {
  const [open, ended, names] = await Promise.all([
    session.call("list_runs", { state: "open", limit: 10 }, { signal }),
    session.call("list_runs", { limit: 10 }, { signal }),
    namesOfSchedules({ session, signal }),
  ]);
  const runs = [...open.runs, ...ended.runs];
  if (runs.length === 0) return say("There are no runs yet.");
  for (const { slot, kind, state, outcome, schedule_id = "", conversation_id, answer = "" } of runs) {
    const name = names.get(schedule_id);
    const words = [slot, kind, outcome ?? state, ...(name === undefined ? [] : [JSON.stringify(shownLine(name, 60))])];
    say(shown([...words, `/open ${conversation_id}`].join("  ")));
    if (answer !== "") say(shown(shownLine(answer, 100), "      "));
  }
}

/** By id, of the schedules of the first page: names are a help, and not worth a call for each run. */
async function namesOfSchedules({ session, signal }: Pick<Chat, "session" | "signal">): Promise<Map<string, string>> {
  if (!session.tools.some(({ name }) => name === "list_schedules")) return new Map();
  const { schedules } = await session.call("list_schedules", { limit: 100 }, { signal });
  return new Map(schedules.map(({ id, name }) => [id, name]));
}

async function decideAll(chat: Chat): Promise<void> {
  const { approvals } = await chat.session.call("list_approvals", {}, { signal: chat.signal });
  if (approvals.length === 0) return chat.say("Nothing waits for a decision.");
  for (const approval of approvals) {
    if (!(await decide(chat, approval))) return;
    const input = { id: approval.run_id, wait_seconds: 25 };
    await follow(chat, await chat.session.call("get_run", input, { signal: chat.signal }));
  }
}

async function openConversation(chat: Chat, id: string): Promise<void> {
  if (id === "") return chat.say("Which one? /runs shows conversations with what to type.");
  const { title } = await chat.session.call("get_conversation", { id, limit: 1 }, { signal: chat.signal });
  chat.conversation = id;
  chat.say(`What you say now goes into ${JSON.stringify(shownLine(title))}. /new leaves it.`);
}

async function beginAnew(chat: Chat): Promise<void> {
  chat.conversation = undefined;
  chat.say("What you say now begins a new conversation.");
}

async function callTool({ session, say, signal }: Chat, rest: string): Promise<void> {
  const [, name = "", json = ""] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
  const input = readInput(json);
  if (name === "" || input === undefined) {
    return say('A tool and its arguments are expected. Example: /call list_schedules {"status":"active"}');
  }
  say(shown(await session.callAny(name, input, { signal, onProgress: (words) => say(`  . ${shownLine(words)}`) })));
}

function readInput(json: string): Record<string, unknown> | undefined {
  try {
    const input: unknown = json === "" ? {} : JSON.parse(json);
    return typeof input === "object" && input !== null && !Array.isArray(input) ? { ...input } : undefined;
  } catch {
    return undefined;
  }
}
