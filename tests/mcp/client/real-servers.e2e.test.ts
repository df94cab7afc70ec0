import { mkdtemp, readFile, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { minuteMs } from "../../../shared/kernel/clock.ts";
import { everythingPath, filesystemPath, startEverything } from "../../support/everything-server.ts";
import { createToolClient, program, webServer } from "../../support/tool-client.ts";

describe("the reference server with everything", () => {
  it.each(["stdio", "http", "sse", "http, which it refuses"] as const)("lends its tools over %s", async (way) => {
    const mode = way === "http" ? "streamableHttp" : "sse";
    await using process = way === "stdio" ? undefined : await startEverything(mode);
    const settings =
      process === undefined
        ? program("all", everythingPath, "stdio")
        : webServer(process.url, { name: "all", type: way === "sse" ? "sse" : "http" });
    await using client = createToolClient([settings], { limits: { callMs: 2000 } });
    expect(await client.names()).toContain("all__echo");
    const [source] = await client.toolbox.sources();
    expect(source).toEqual({ server: "all", state: "ready", tools: expect.any(Number), warnings: [] });
    expect(await client.call("all__echo", { message: "hello" })).toEqual({ content: "Echo: hello", isError: false });
    const { content: weather } = await client.call("all__get-structured-content", { location: "Chicago" });
    expect(JSON.parse(weather)).toEqual({ temperature: 36, conditions: "Light rain / drizzle", humidity: 82 });
    expect((await client.call("all__get-tiny-image")).content).toMatch(/\[image, image\/png, \d+ bytes: not shown\]/);
    // Longer than one call may take without a sign of life.
    const work = { duration: 3, steps: 10 };
    expect(await client.call("all__trigger-long-running-operation", work)).toMatchObject({ isError: false });
    expect((await client.call("all__echo", {})).isError).toBe(true);
  });

  it("only reads when that is wanted", async () => {
    await using process = await startEverything("streamableHttp");
    await using client = createToolClient([webServer(process.url, { name: "all", readOnly: true })]);
    const tools = await client.toolbox.list();
    expect(tools.length).toBeGreaterThan(5);
    expect(tools.filter(({ readOnly }) => !readOnly)).toEqual([]);
  });

  it.each(["streamableHttp", "sse"] as const)("is used again after it was down: %s", async (mode) => {
    const settings = (url: string) => webServer(url, { name: "all", type: mode === "sse" ? "sse" : "http" });
    await using first = await startEverything(mode);
    await using client = createToolClient([settings(first.url)]);
    await client.names();
    await first.kill();
    expect(await client.call("all__echo", { message: "hello" })).toMatchObject({ isError: true });
    expect(await client.names()).toEqual([]);
    await using _second = await startEverything(mode, first.port);
    client.passTime(minuteMs);
    expect(await client.names()).toContain("all__echo");
    expect(await client.call("all__echo", { message: "hello" })).toMatchObject({ content: "Echo: hello" });
  });

  it.each(["streamableHttp", "sse"] as const)("is used again after it was started anew unseen: %s", async (mode) => {
    const settings = (url: string) => webServer(url, { name: "all", type: mode === "sse" ? "sse" : "http" });
    await using first = await startEverything(mode);
    await using client = createToolClient([settings(first.url)]);
    await client.names();
    await first.kill();
    await using _second = await startEverything(mode, first.port);
    expect(await client.call("all__echo", { message: "hello" })).toEqual({ content: "Echo: hello", isError: false });
  });

  it.each(["streamableHttp", "sse"] as const)("that dies during a call is not waited for: %s", async (mode) => {
    await using process = await startEverything(mode);
    await using client = createToolClient([
      webServer(process.url, { name: "all", type: mode === "sse" ? "sse" : "http" }),
    ]);
    await client.names();
    const startedAt = performance.now();
    const call = client.call("all__trigger-long-running-operation", { duration: 30, steps: 300 });
    await client.call("all__echo", { message: "the other call has been sent by now" });
    await process.kill();
    expect(await call).toEqual({
      content: expect.stringContaining("broke before it answered"),
      isError: true,
    });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});

describe("the reference server with files", () => {
  it("reads and writes in the folder that it was given, and nowhere else", async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "files-")));
    await writeFile(join(folder, "note.txt"), "remember the milk");
    await using client = createToolClient([program("files", filesystemPath, folder)]);
    const tools = await client.toolbox.list();
    expect(tools.find(({ name }) => name === "files__read_text_file")?.readOnly).toBe(true);
    expect(tools.find(({ name }) => name === "files__write_file")?.readOnly).toBe(false);
    const read = (path: string) => client.call("files__read_text_file", { path });
    expect(await read(join(folder, "note.txt"))).toEqual({ content: "remember the milk", isError: false });
    await client.call("files__write_file", { path: join(folder, "new.txt"), content: "done" });
    expect(await readFile(join(folder, "new.txt"), "utf8")).toBe("done");
    expect(await read("/etc/passwd")).toEqual({ content: expect.stringContaining("denied"), isError: true });
  });
});
