import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { localSettings } from "../../e2e/local-settings.ts";
import { playChat, startChat } from "../../support/chat-process.ts";
import { filesystemPath } from "../../support/everything-server.ts";
import { type HostProcess, startHostProcess } from "../../support/host-process.ts";
import { connectModern, type McpSession } from "../../support/mcp-session.ts";
import { waitFor } from "../../support/wait-for.ts";

let host: HostProcess;
let url: string;
let folder: string;
let session: McpSession;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chat-"));
  const transport = { type: "stdio", command: process.execPath, args: [filesystemPath, folder] };
  const servers = JSON.stringify([{ name: "files", transport }]);
  host = await startHostProcess(inject("packagedApp"), localSettings({ MCP_SERVERS: servers, LOG_LEVEL: "error" }));
  url = `${host.url}/mcp`;
  session = await connectModern(host.url);
});
afterAll(async () => {
  await session.close();
  expect(await host.signal("SIGTERM")).toBe(0);
  await rm(folder, { recursive: true });
});

describe("talking in a terminal", () => {
  it("shows progress, tool calls with their arguments and the answer, and goes on with what was said", async () => {
    const { code, output } = await playChat(url, [
      "What counts as a critical ticket? Look into the knowledge base.",
      "What did I ask you first?",
    ]);
    expect(output).toMatch(/^Connected to .*\/mcp: scheduled-conversations \S+, \d+ tools\./);
    expect(output).toMatch(/^ {2}\. .+/m);
    expect(output).toContain('-> get_knowledge_base {"query":"counts critical ticket"}');
    expect(output).toMatch(/<- get_knowledge_base: \d+ entries for "counts critical ticket"/);
    expect(output).toContain("This is a rehearsal answer: no model was called.");
    const [, second = ""] = output.split("you> What did I ask you first?");
    expect(second).toContain('Before that was said: "What counts as a critical ticket?');
    expect(code).toBe(0);
  });

  it("begins anew after /new, and goes on with an older conversation after /open", async () => {
    const first = await session.call("continue_conversation", { message: "Say hello" });
    const id = first.conversation_id as string;
    const { code, output } = await playChat(url, [`/open ${id}`, "And now?", "/new", "Who is there", "/runs", "/quit"]);
    const [, older = "", anew = ""] = output.split(/you> (?:And now\?|\/new|\/runs)/);
    expect(output).toContain('What you say now goes into "Say hello".');
    expect(older).toContain('Before that was said: "Say hello"');
    expect(anew).not.toContain("Before that was said");
    expect(output).toMatch(new RegExp(`chat {2}succeeded {2}/open ${id}`));
    expect(code).toBe(0);
  });

  it("lists commands and tools, and says what is wrong with a command", async () => {
    const { code, output } = await playChat(url, [
      "/help",
      "/tools",
      "/tools get_run",
      "/tools nothing",
      "/sing",
      "/open",
      "/approvals",
      '/call get_knowledge_base {"query":"password"}',
      "/call get_knowledge_base password",
      "/quit",
      "never said",
    ]);
    for (const words of [
      /^ {2}\/call TOOL \{JSON\} {2}call a tool/m,
      /^ {2}continue_conversation +Say something$/m,
      "Shows one run",
      "There is no tool nothing. /tools lists them.",
      "There is no command /sing. You can type:",
      "Which one? /runs shows conversations",
      "Nothing waits for a decision.",
      "How do I reset my password?",
      "A tool and its arguments are expected.",
    ]) {
      expect(output).toMatch(words);
    }
    expect(output).not.toContain("never said");
    expect(code).toBe(0);
  });

  it("passes on what the server refuses, and a script that has met a refusal ends with 1", async () => {
    const { code, output } = await playChat(url, ["/open local-unknown", "/call get_run {}", "//help is what I say"]);
    expect(output).toMatch(/"local-unknown"/);
    expect(output).toContain("The arguments do not fit: id");
    expect(output).toContain('The prompt was: "/help is what I say".');
    expect(code).toBe(1);
  });
});

describe("approvals in the terminal", () => {
  /** A schedule whose runs may write files when somebody approves; its run waits when this resolves. */
  async function waitingRun(file: string) {
    const { schedule_id: id } = await session.call("schedule_conversation", {
      name: `Note ${file}`,
      prompt: `Write "All is well." to the file ${file}`,
      cron: "0 8 * * 1",
      time_zone: "Europe/Berlin",
      conversation: "continue",
      allowed_tools: ["files:*"],
    });
    const triggered = await session.call("trigger_schedule", { id });
    const [run] = triggered.runs as { id: string; conversation_id: string }[];
    if (run === undefined) throw new Error("no run");
    await waitFor(async () => {
      const { approval } = await session.call("get_run", { id: run.id, wait_seconds: 25 });
      return approval;
    }, "the approval");
    return run;
  }

  it("asks until there is a decision, denies with a note, and approves", async () => {
    const { conversation_id } = await waitingRun("first.txt");
    const denied = await playChat(url, ["/approvals", "perhaps", "n, not this file"]);
    expect(denied.output).toContain('"Note first.txt" asks for approval, until ');
    expect(denied.output).toContain('  | files__write_file\n  |   {"path":"first.txt","content":"All is well."}');
    expect(denied.output).toContain("Nothing was decided: y approves");
    expect(denied.output).toContain("Denied: the run goes on without the calls.");
    expect(denied.output).toMatch(/files__write_file was not called: .* not this file/);
    expect(denied.code).toBe(0);
    expect(existsSync(join(folder, "first.txt"))).toBe(false);

    // The same question in a talk: the schedule's conversation has its tools.
    const talked = await playChat(url, [`/open ${conversation_id}`, 'Write "Now it is." to first.txt', "yes"]);
    expect(talked.output).toContain('{"path":"first.txt","content":"Now it is."}');
    expect(talked.output).toContain("Approved: the run makes the calls.");
    expect(talked.output).toContain("files__write_file returned:");
    expect(talked.code).toBe(0);
    expect(await readFile(join(folder, "first.txt"), "utf8")).toBe("Now it is.");
  });

  it("plans what a sentence asks for, once that is approved", async () => {
    const { code, output } = await playChat(url, [
      "every weekday at 8:00 in Berlin, look at the critical tickets and tell me what changed",
      "y",
    ]);
    expect(output).toContain("  | schedule_conversation");
    expect(output).toContain('Scheduled "Look at the critical tickets and tell me what changed". At 08:00, Monday');
    expect(code).toBe(0);
    const { schedules } = await session.call("list_schedules", { query: "critical tickets" });
    expect(schedules).toMatchObject([{ in_words: "At 08:00, Monday through Friday (Europe/Berlin)" }]);
  });

  it("leaves a request undecided when the input ends, and decides nothing by itself", async () => {
    const { conversation_id } = await waitingRun("second.txt");
    const { code, output } = await playChat(url, ["/approvals"]);
    expect(output).toContain("Undecided. /approvals asks again.");
    expect(code).toBe(0);
    const refused = await playChat(url, [`/open ${conversation_id}`, "Are you there?", "/runs"]);
    expect(refused.output).toContain("waits for your decision. /approvals asks you; then say it again.");
    expect(refused.output).not.toContain("decide_approval");
    expect(refused.output).toContain(`waiting_approval  "Note second.txt"  /open ${conversation_id}`);
    expect((await session.call("list_approvals", {})).approvals).toHaveLength(1);
    expect(existsSync(join(folder, "second.txt"))).toBe(false);
  });
});

it.each(["SIGINT", "SIGTERM"] as const)("leaves cleanly at %s, also while an answer is awaited", async (signal) => {
  const chat = startChat(["--url", url]);
  chat.type("Say hello");
  await chat.sees("you> Say hello");
  chat.signal(signal);
  await chat.sees("Bye.");
  expect(await chat.end()).toBe(0);
});
