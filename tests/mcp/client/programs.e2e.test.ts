import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { minuteMs } from "../../../shared/kernel/clock.ts";
import type { ServerSettings } from "../../../shared/mcp/client/server-settings.ts";
import { toLogText } from "../../../shared/telemetry/log-text.ts";
import { createToolClient, program } from "../../support/tool-client.ts";
import { waitFor } from "../../support/wait-for.ts";

const path = fileURLToPath(new URL("../../support/tool-program.ts", import.meta.url));
const tools = (manner: string) => program("tools", path, manner);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The same program, and the processes that were started of it. */
async function withPids(settings: ServerSettings) {
  const pidFile = join(await mkdtemp(join(tmpdir(), "tools-")), "pids");
  const transport = { ...settings.transport, env: { PID_FILE: pidFile } } as ServerSettings["transport"];
  const pids = async () => (await readFile(pidFile, "utf8").catch(() => "")).split("\n").filter(Boolean).map(Number);
  return { settings: { ...settings, transport }, pids };
}

describe("a program with tools", () => {
  it.each(["well", "modern", "babble"])(
    "that behaves like this: %s, is started once and lends them",
    async (manner) => {
      await using client = createToolClient([tools(manner)]);
      expect(await client.names()).toEqual(["tools__die", "tools__endless", "tools__environment", "tools__pid"]);
      const first = await client.call("tools__pid");
      expect(first).toEqual({ content: expect.stringMatching(/^\d+$/), isError: false });
      expect(await client.call("tools__pid")).toEqual(first);
    },
  );

  it("ends with the app", async () => {
    const client = createToolClient([tools("well")]);
    const { content } = await client.call("tools__pid");
    expect(isAlive(Number(content))).toBe(true);
    await client.toolbox.close();
    expect(isAlive(Number(content))).toBe(false);
    await expect(client.call("tools__pid")).rejects.toThrow("stopping");
  });

  it("ends with the app even when it does not want to", async () => {
    const client = createToolClient([tools("stubborn")]);
    const { content } = await client.call("tools__pid");
    await client.toolbox.close();
    expect(isAlive(Number(content))).toBe(false);
  });

  it("ends with the app while an answer of its has no end", async () => {
    const client = createToolClient([tools("well")], { limits: { messageBytes: 65_536, lastCallsMs: 500 } });
    const { content } = await client.call("tools__pid");
    const calling = client.call("tools__endless").catch(String);
    await client.toolbox.close();
    expect(isAlive(Number(content))).toBe(false);
    await calling;
  });

  it.each(["deaf", "flood"])("ends with the app while it is still starting, and is %s", async (manner) => {
    const { settings, pids } = await withPids(tools(manner));
    const client = createToolClient([settings], { limits: { messageBytes: 1024 } });
    const looking = client.names();
    await waitFor(async () => (await pids()).length > 0, "the start of the program");
    await client.toolbox.close();
    expect(await looking).toEqual([]);
    expect((await pids()).filter(isAlive)).toEqual([]);
  });

  it("ends with the app after it refused to be spoken to", async () => {
    const { settings, pids } = await withPids(tools("refusing"));
    const client = createToolClient([settings]);
    expect(await client.names()).toEqual([]);
    expect((await pids()).filter(isAlive)).not.toEqual([]);
    await client.toolbox.close();
    expect((await pids()).filter(isAlive)).toEqual([]);
  });

  it("that dies during a call is told as such, and started anew for the next", async () => {
    await using client = createToolClient([tools("well")]);
    const before = await client.call("tools__pid");
    expect(await client.call("tools__die")).toEqual({
      content:
        "The connection to the server tools broke before it answered. The call may have been carried out or not.",
      isError: true,
    });
    client.passTime(minuteMs);
    const after = await client.call("tools__pid");
    expect(after).toEqual({ content: expect.stringMatching(/^\d+$/), isError: false });
    expect(after).not.toEqual(before);
  });

  it("gets its own environment, and nothing of the app's", async () => {
    vi.stubEnv("AZURE_OPENAI_API_KEY", "not for programs");
    const settings: ServerSettings = tools("well");
    const transport = { ...settings.transport, env: { GREETING: "hello" } } as ServerSettings["transport"];
    await using client = createToolClient([{ ...settings, transport }]);
    const { content } = await client.call("tools__environment");
    vi.unstubAllEnvs();
    expect(content).toContain("GREETING");
    expect(content).toContain("PATH");
    expect(content).not.toContain("AZURE");
  });

  const bad: [string, ServerSettings, RegExp][] = [
    ["ends at once", tools("crash"), /There is no configuration file\./],
    [
      "does not exist",
      { ...tools("x"), transport: { type: "stdio", command: "no-such-program", args: [], env: {} } },
      /ENOENT/,
    ],
    ["never says a word", tools("deaf"), /gave no answer within 4 seconds/],
    ["never ends a line", tools("flood"), /cannot be used: It/],
  ];

  it.each(bad)("that %s has none, and the log says why", async (_what, settings, why) => {
    await using client = createToolClient([settings], { limits: { startMs: 4000 } });
    expect(await client.names()).toEqual([]);
    expect(await client.toolbox.sources()).toMatchObject([{ server: "tools", state: "unreachable", tools: 0 }]);
    const [failure] = client.recorded.filter(({ name }) => name === "tool_server.failed");
    expect(`${failure?.message} ${toLogText(failure?.cause)}`).toMatch(why);
  });
});
