import { describe, expect, inject, it } from "vitest";
import { localSettings } from "../../e2e/local-settings.ts";
import { playChat, startChat } from "../../support/chat-process.ts";
import { startHostProcess } from "../../support/host-process.ts";
import { connectModern, type RunView } from "../../support/mcp-session.ts";
import { startWebServer } from "../../support/web-server.ts";

describe("when there is nobody to talk to", () => {
  const tryIt = async (words: readonly string[], settings?: Record<string, string>) => {
    const chat = startChat(words, settings);
    return { code: await chat.end(), output: chat.output() };
  };

  it("says that nothing answers, and how to start a server", async () => {
    const { code, output } = await tryIt([], { PORT: "9" });
    expect(output).toMatch(/^Nothing answers at http:\/\/localhost:9\/mcp\. Start the server .*npm start/);
    expect(output.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });

  it.each([[["--url", "nonsense"]], [["--url", "ftp://example.com"]], [["--link", "x"]], [["http://localhost"]]])(
    "says for %j how an address looks",
    async (words) => {
      const { code, output } = await tryIt(words);
      expect(output).toBe("An address is expected: npm run chat -- --url http://localhost:7071/mcp\n");
      expect(code).toBe(1);
    },
  );

  it("says that something else answers, and shows no key of the address", async () => {
    await using other = await startWebServer(() => new Response("nothing here", { status: 404 }));
    const address = `http://127.0.0.1:${other.port}/other`;
    const { code, output } = await tryIt(["--url", `${address}?code=hidden`]);
    expect(output).toContain(`${address} answers, but not as an MCP server.`);
    expect(output).not.toContain("hidden");
    expect(code).toBe(1);
  });

  it("says that a key is missing, and talks with it", async () => {
    const settings = { MCP_AUTH: "function-key", DEVELOPMENT_HOST_KEY: "sample-key", LOG_LEVEL: "error" };
    const locked = await startHostProcess(inject("packagedApp"), localSettings(settings));
    const address = `${locked.url}/mcp`;
    const refused = await tryIt(["--url", address]);
    expect(refused.output).toContain("asks for a key");
    expect(refused.output).toContain("MCP_KEY");
    expect(refused.code).toBe(1);
    const { code, output } = await playChat(address, ["Say hello"], { MCP_KEY: "sample-key" });
    expect(output).toContain("This is a rehearsal answer");
    expect(output).not.toContain("sample-key");
    expect(code).toBe(0);
    await locked.signal("SIGTERM");
  });

  it("says that a server without continue_conversation has nobody to talk to", async () => {
    const settings = localSettings({ MCP_READ_ONLY: "true", LOG_LEVEL: "error" });
    const reading = await startHostProcess(inject("packagedApp"), settings);
    const { code, output } = await playChat(`${reading.url}/mcp`, []);
    expect(output).toContain("has no tool continue_conversation");
    expect(code).toBe(1);
    await reading.signal("SIGTERM");
  });
});

it("survives the loss of its server, and what was under way is said once when it is back", async () => {
  // A worker that was killed with the run is followed by another one soon.
  const short = { RUN_LEASE_SECONDS: "15", DEVELOPMENT_HOST_HIDE_SECONDS: "5" };
  const settings = localSettings({ LOG_LEVEL: "error", ...short });
  const first = await startHostProcess(inject("packagedApp"), settings);
  const chat = startChat(["--url", `${first.url}/mcp`]);
  chat.type("Say hello");
  await chat.sees("This is a rehearsal answer");
  chat.type("And good-bye");
  await chat.sees("Waits for a worker.");
  await first.signal("SIGKILL");
  await chat.sees("Nothing answers at");
  await chat.sees("say it again in the same words");
  chat.type("And good-bye");
  await chat.sees("Nothing answers at");

  const second = await startHostProcess(inject("packagedApp"), { ...settings, PORT: new URL(first.url).port });
  chat.type("And good-bye");
  // Had a worker just taken the run up, another one follows after one and a half leases: 22.5 seconds.
  await chat.sees('Before that was said: "Say hello".', 45);
  const session = await connectModern(second.url);
  const { runs } = await session.call("list_runs", { state: "ended" });
  expect((runs as RunView[]).map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded"]);
  await session.close();
  // The script has met a failure.
  expect(await chat.end()).toBe(1);
  await second.signal("SIGTERM");
});
