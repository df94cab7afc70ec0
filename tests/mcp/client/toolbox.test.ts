import { describe, expect, it } from "vitest";
import { minuteMs } from "../../../shared/kernel/clock.ts";
import { createToolClient, webServer } from "../../support/tool-client.ts";
import { type ServedTool, startToolServer, text } from "../../support/tool-server.ts";
import { waitFor } from "../../support/wait-for.ts";

const look: ServedTool = {
  name: "look",
  annotations: { readOnlyHint: true },
  answer: ({ at }) => text(`a look at ${at}`),
};
const write: ServedTool = { name: "write" };

const listsAsked = (requests: readonly Request[]): number =>
  requests.filter(({ headers }) => headers.get("mcp-method") === "tools/list").length;

describe.each([
  ["that speaks only 2026-07-28", false],
  ["that speaks every revision", true],
])("a server %s", (_what, isBothEras) => {
  it("lends its tools", async () => {
    await using server = await startToolServer([write, look], { isBothEras });
    await using client = createToolClient([webServer(server.url)]);
    expect(await client.toolbox.list()).toMatchObject([
      { name: "web__look", readOnly: true, server: "web" },
      { name: "web__write", readOnly: false, server: "web" },
    ]);
    expect(await client.call("web__look", { at: "the sky" })).toEqual({ content: "a look at the sky", isError: false });
    expect(server.requests.every(({ headers }) => headers.get("mcp-protocol-version") === "2026-07-28")).toBe(true);
  });
});

describe("the list of a server's tools", () => {
  it("is asked for once and kept for five minutes", async () => {
    await using server = await startToolServer([look]);
    await using client = createToolClient([webServer(server.url)]);
    await Promise.all([client.names(), client.toolbox.sources(), client.names()]);
    client.passTime(4 * minuteMs);
    await client.names();
    expect(listsAsked(server.requests)).toBe(1);
    client.passTime(2 * minuteMs);
    await client.names();
    expect(listsAsked(server.requests)).toBe(2);
  });

  it("is asked for again when the server says that it has changed", async () => {
    await using server = await startToolServer([look]);
    await using client = createToolClient([webServer(server.url)]);
    expect(await client.names()).toEqual(["web__look"]);
    await waitFor(() => isListening(server.requests), "the subscription");
    server.change([look, write]);
    await waitFor(async () => (await client.names()).includes("web__write"), "the new tool");
    expect(listsAsked(server.requests)).toBe(2);
  });

  it("is asked for by nobody before it is needed", async () => {
    await using server = await startToolServer([look]);
    await using _client = createToolClient([webServer(server.url)]);
    expect(server.requests).toEqual([]);
  });
});

const isListening = (requests: readonly Request[]): boolean =>
  requests.some(({ headers }) => headers.get("mcp-method") === "subscriptions/listen");

describe("several servers", () => {
  it("stand one after the other, each with its own names", async () => {
    await using one = await startToolServer([look]);
    await using other = await startToolServer([write, look]);
    await using client = createToolClient([
      webServer(one.url, { name: "zoo" }),
      webServer(other.url, { name: "art", readOnly: true }),
    ]);
    expect(await client.names()).toEqual(["zoo__look", "art__look"]);
    expect(await client.call("zoo__look", { at: "a bear" })).toMatchObject({ content: "a look at a bear" });
    expect(await client.toolbox.sources()).toEqual([
      { server: "zoo", state: "ready", tools: 1, warnings: [] },
      { server: "art", state: "ready", tools: 1, warnings: [] },
    ]);
  });

  it("with alike names are not mistaken for each other", async () => {
    await using one = await startToolServer([{ name: "b__look", answer: () => text("one") }]);
    await using other = await startToolServer([{ name: "look", answer: () => text("other") }]);
    await using client = createToolClient([webServer(one.url, { name: "a" }), webServer(other.url, { name: "a-b" })]);
    expect(await client.names()).toEqual(["a__b__look", "a-b__look"]);
    expect(await client.call("a__b__look")).toMatchObject({ content: "one" });
    expect(await client.call("a-b__look")).toMatchObject({ content: "other" });
  });
});

describe("a call", () => {
  it("carries the key that is the same for a repeat, and gives it to a tool that takes it", async () => {
    const keyed = { type: "object" as const, properties: { idempotency_key: { type: "string" } } };
    const seen: unknown[] = [];
    const answer: ServedTool["answer"] = (input, { meta }) => {
      seen.push([input.idempotency_key, meta["scheduled-conversations/idempotency-key"]]);
      return text("done");
    };
    await using server = await startToolServer([
      { name: "plain", answer },
      { name: "keyed", inputSchema: keyed, answer },
    ]);
    await using client = createToolClient([webServer(server.url)]);
    const { signal } = new AbortController();
    const request = { arguments: "{}", owner: "local", idempotencyKey: "s:p1:1.0", signal };
    await client.toolbox.call({ ...request, name: "web__plain" });
    await client.toolbox.call({ ...request, name: "web__keyed" });
    await client.toolbox.call({ ...request, name: "web__keyed", arguments: '{"idempotency_key":"mine"}' });
    expect(seen).toEqual([
      [undefined, "s:p1:1.0"],
      ["s:p1:1.0", "s:p1:1.0"],
      ["mine", "s:p1:1.0"],
    ]);
  });

  it.each(["{not json", "[]", '"text"', "null"])(
    "with the arguments %s is answered so that a model can mend it",
    async (input) => {
      await using server = await startToolServer([look]);
      await using client = createToolClient([webServer(server.url)]);
      const answer = { content: "The arguments of web__look must be a JSON object.", isError: true };
      expect(await client.call("web__look", input)).toEqual(answer);
    },
  );

  it("without arguments is made with none", async () => {
    await using server = await startToolServer([look]);
    await using client = createToolClient([webServer(server.url)]);
    expect(await client.call("web__look", "")).toEqual({ content: "a look at undefined", isError: false });
  });

  it.each(["web__paint", "other__look", "look"])("of %s, which nobody has, is answered", async (name) => {
    await using server = await startToolServer([look]);
    await using client = createToolClient([webServer(server.url)]);
    expect(await client.call(name)).toEqual({ content: expect.stringContaining(`no tool "${name}"`), isError: true });
  });

  it("of a tool that has disappeared meanwhile is answered in our words", async () => {
    await using server = await startToolServer([look]);
    await using client = createToolClient([webServer(server.url)]);
    await client.names();
    await waitFor(() => isListening(server.requests), "the subscription");
    server.change([]);
    const { content, isError } = await client.call("web__look");
    expect(isError).toBe(true);
    expect(content).toMatch(/does not have the tool any more|no tool "web__look" at the moment/);
    expect(await client.names()).toEqual([]);
  });

  it("passes on that the tool failed, with what the tool itself says", async () => {
    const answer = () => ({ ...text("The file is locked."), isError: true });
    await using server = await startToolServer([{ name: "look", answer }]);
    await using client = createToolClient([webServer(server.url)]);
    expect(await client.call("web__look")).toEqual({ content: "The file is locked.", isError: true });
  });

  it("of a tool that throws is answered in our words, and the log has the others'", async () => {
    const answer = () => Promise.reject(new Error("disk sda1 is on fire"));
    await using server = await startToolServer([{ name: "look", answer }]);
    await using client = createToolClient([webServer(server.url)]);
    const { content, isError } = await client.call("web__look");
    expect([content, isError]).toEqual([
      "The server answered the call of web__look with the protocol error -32603.",
      true,
    ]);
    expect(client.recorded.find(({ name }) => name === "tool.failed")).toMatchObject({
      fields: { tool: "web__look", server: "web" },
      cause: expect.objectContaining({ name: "ProtocolError" }),
    });
  });

  it("that goes on too long is given up, but not while it shows progress", async () => {
    const slowly: ServedTool["answer"] = async (_input, { progress }) => {
      for (let step = 0; step < 6; step++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        await progress();
      }
      return text("finished");
    };
    const never: ServedTool["answer"] = () => new Promise(() => {});
    await using server = await startToolServer([
      { name: "slow", answer: slowly },
      { name: "dead", answer: never },
    ]);
    await using client = createToolClient([webServer(server.url)], { limits: { callMs: 400 } });
    expect(await client.call("web__slow")).toEqual({ content: "finished", isError: false });
    expect(await client.call("web__dead")).toEqual({
      content: "The tool web__dead gave no sign of life for 0.4 seconds.",
      isError: true,
    });
    expect(await client.names()).toHaveLength(2);
  });

  it("ends with the run that was aborted, however much progress there is", async () => {
    const restless: ServedTool["answer"] = async (_input, { progress }) => {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await progress();
      }
    };
    await using server = await startToolServer([{ name: "restless", answer: restless }]);
    await using client = createToolClient([webServer(server.url)], { limits: { callMs: 200 } });
    await client.names();
    await expect(client.call("web__restless", {}, AbortSignal.timeout(500))).rejects.toThrow("timeout");
    await expect(client.call("web__restless", {}, AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
  });
});
