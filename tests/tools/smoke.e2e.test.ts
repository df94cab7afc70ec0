import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect } from "../../tools/client/connect.ts";
import { localSettings } from "../e2e/local-settings.ts";
import { bareEnvironment } from "../support/bare-environment.ts";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import { startWebServer } from "../support/web-server.ts";

const callbackKey = "sample-callback-key-of-enough-characters";

/** Runs the command as a person does, and gives its exit code and all it printed. */
async function smoke(words: readonly string[], settings: Record<string, string> = {}) {
  const main = fileURLToPath(new URL("../../tools/smoke/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, ...words], { env: { ...bareEnvironment, ...settings } });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, output: output + errors };
}

const outcomesIn = (output: string) =>
  Object.fromEntries(
    [...output.matchAll(/^(ok|FAILED|skipped) +([\w-]+) /gm)].map(([, outcome, name]) => [name, outcome]),
  );

/** What schedules and conversations the app has, as its tools tell. */
async function leftAt(url: string): Promise<readonly unknown[]> {
  const session = await connect(new URL("/mcp", url), { name: "test", key: "sample-key" });
  const texts = await Promise.all(["list_schedules", "list_conversations"].map((name) => session.callAny(name, {})));
  await session.close();
  return texts.map((text) => JSON.parse(text.slice(text.indexOf("{"))) as unknown);
}

describe("npm run smoke on an app that asks for a key", () => {
  let host: HostProcess;
  beforeAll(async () => {
    const settings = { MCP_AUTH: "function-key", DEVELOPMENT_HOST_KEY: "sample-key", LOG_LEVEL: "error" };
    const proofs = { SCHEDULER_PROOFS: "url", SCHEDULER_CALLBACK_KEY: callbackKey };
    host = await startHostProcess(inject("packagedApp"), localSettings({ ...settings, ...proofs }));
  });
  afterAll(() => host?.signal("SIGTERM"));

  it("schedules, calls back, waits for the run, reads the transcript, and leaves nothing behind", async () => {
    const keys = { MCP_KEY: "sample-key", SCHEDULER_CALLBACK_KEY: callbackKey };
    const { code, output } = await smoke([`${host.url}/mcp`], keys);
    const names = ["alive", "ready", "tools", "schedule", "callback", "fire", "transcript", "clean-up"];
    expect(outcomesIn(output), output).toEqual(Object.fromEntries(names.map((name) => [name, "ok"])));
    expect(output).toContain("a signed one is taken");
    expect(output).toContain("8 ok, 0 failed, 0 skipped");
    expect(output).not.toMatch(/sample-(key|callback-key)/);
    expect(code).toBe(0);
    expect(await leftAt(host.url)).toMatchObject([{ schedules: [] }, { conversations: [] }]);
  });

  it("says that the key is missing, and does nothing", async () => {
    const { code, output } = await smoke([host.url]);
    expect(outcomesIn(output)).toMatchObject({ ready: "ok", tools: "FAILED", schedule: "skipped", "clean-up": "ok" });
    expect(output).toContain("MCP_KEY=... npm run smoke --");
    expect(code).toBe(1);
  });

  it("says that the callback key is not the app's, and removes what it has made", async () => {
    const keys = { MCP_KEY: "sample-key", SCHEDULER_CALLBACK_KEY: "another-callback-key-of-enough-characters" };
    const { code, output } = await smoke([host.url], keys);
    expect(outcomesIn(output)).toMatchObject({ schedule: "ok", callback: "FAILED", fire: "skipped", "clean-up": "ok" });
    expect(output).toContain("Is SCHEDULER_CALLBACK_KEY the app's key");
    expect(code).toBe(1);
    expect(await leftAt(host.url)).toMatchObject([{ schedules: [] }, { conversations: [] }]);
  });
});

describe("npm run smoke where no such app is", () => {
  it.each([[[]], [["nonsense"]], [["ftp://contoso.com"]], [["http://127.0.0.1:7071", "more"]], [["--url", "x"]]])(
    "says for %j how an address looks",
    async (words) => {
      const { code, output } = await smoke(words);
      expect(output).toBe("The address of an app is expected: npm run smoke -- http://127.0.0.1:7071\n");
      expect(code).toBe(2);
    },
  );

  it.each([{ what: "nothing answers", url: "http://127.0.0.1:9", words: "Nothing answers at http://127.0.0.1:9" }])(
    "fails when $what",
    async ({ url, words }) => {
      const { code, output } = await smoke([url]);
      expect(output).toContain(words);
      expect(outcomesIn(output)).toMatchObject({ alive: "FAILED", ready: "skipped" });
      expect(code).toBe(1);
    },
  );

  it("fails when something else answers, and when the app is not ready", async () => {
    const unready = {
      "/health/live": { status: "alive", service_version: "1.0.0" },
      "/health/ready": {
        status: "not_ready",
        dependencies: { storage: { status: "unavailable", error: "TIMEOUT_ERROR" } },
      },
    };
    await using server = await startWebServer((request) => {
      const answer = unready[new URL(request.url).pathname as keyof typeof unready];
      return Response.json(answer ?? "nothing", {
        status: answer === undefined || "dependencies" in answer ? 503 : 200,
      });
    });
    const address = `http://127.0.0.1:${server.port}`;
    const sick = await smoke([address]);
    expect(sick.output).toContain("The app is not ready: storage unavailable (TIMEOUT_ERROR).");
    expect(sick.code).toBe(1);
    const other = await smoke([`${address}/elsewhere`]);
    expect(other.output).toContain("and not as this app does. Is the address right?");
    expect(other.code).toBe(1);
  });
});
