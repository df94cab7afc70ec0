import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import { waitFor } from "../support/wait-for.ts";
import { buildSampleApp } from "./sample-app.ts";

describe.each([
  { mode: "buffered", settings: { SAMPLE_STREAMING: "0" } },
  { mode: "streamed", settings: { SAMPLE_STREAMING: "1" } },
])("development host, $mode HTTP", ({ mode, settings }) => {
  let host: HostProcess;

  beforeAll(async () => {
    host = await startHostProcess(await buildSampleApp("http"), { ...settings, DEVELOPMENT_HOST_KEY: "a-key" });
  }, 60_000);
  afterAll(() => host.signal("SIGKILL"));

  const get = (path: string, init?: RequestInit) => fetch(`${host.url}${path}`, init);

  it("hands over method, url, parameters, query, headers and body, and sends the answer back", async () => {
    const answer = await get("/echo/a%20b?q=1", { method: "POST", body: "hello", headers: { "x-from": "me" } });

    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-sample")).toBe("yes");
    expect(await answer.json()).toEqual({
      url: `${host.url}/echo/a%20b?q=1`,
      params: { name: "a b" },
      query: "1",
      header: "me",
      body: "hello",
    });
  });

  it.each([
    ["POST", "/echo/x/y", 201, "an optional parameter may be there"],
    ["POST", "/ECHO/x", 201, "letter case does not count"],
    ["POST", "/echo", 404, "a parameter is missing"],
    ["POST", "/echo/x/y/z", 404, "there is more than the route"],
    ["GET", "/echo/x", 404, "the verb is wrong"],
    ["GET", "/nowhere", 404, "no function has the route"],
    ["GET", "/", 404, "the root has no function"],
  ])("%s %s is %i: %s", async (method, path, status) => {
    expect((await get(path, { method })).status).toBe(status);
  });

  it("gives {*rest} everything that follows, and nothing when nothing follows", async () => {
    expect(await (await get("/files/a/b.txt")).json()).toEqual({ rest: "a/b.txt" });
    expect(await (await get("/files")).json()).toEqual({});
  });

  it("asks the functions in the order of their names", async () => {
    expect(await (await get("/overlap/exact")).text()).toBe("a-any");
  });

  it("answers 500 without details when a handler throws, and logs them", async () => {
    const answer = await get("/throws");

    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe("");
    await host.line("the handler's own words");
  });

  it("wants the key for authLevel function, in the header or in the query", async () => {
    expect((await get("/secured")).status).toBe(401);
    expect((await get("/secured", { headers: { "x-functions-key": "wrong" } })).status).toBe(401);
    expect(await (await get("/secured", { headers: { "x-functions-key": "a-key" } })).text()).toBe("secret");
    expect(await (await get("/secured?code=a-key")).text()).toBe("secret");
    expect((await get("/mcp")).status).toBe(200);
  });

  it("prints the MCP endpoint when it is ready, and every function", () => {
    expect(host.lines.at(-1) ?? "").not.toBe("");
    expect(host.lines).toContain(`MCP endpoint: ${host.url}/mcp`);
    expect(host.lines).toContain(`  mcp: [GET,POST] ${host.url}/mcp`);
  });

  it("refuses a body above 100 MB", async () => {
    const status = await new Promise((resolve, reject) => {
      const tooLarge = request(`${host.url}/echo/x`, {
        method: "POST",
        headers: { "content-length": 100 * 1024 * 1024 + 1 },
      });
      tooLarge.once("response", (response) => resolve(response.resume().statusCode)).once("error", reject);
      tooLarge.flushHeaders();
    });
    expect(status).toBe(413);
  });

  if (mode === "buffered") {
    it("drops a body without Content-Length, as the real host does", async () => {
      const body = new Blob(["chunked"]).stream();
      const answer = await get("/echo/x", { method: "POST", body, duplex: "half" } as RequestInit);

      expect(await answer.json()).toMatchObject({ body: "" });
      await host.line("drops a body");
    });

    it("answers 204 when a handler returns nothing", async () => {
      expect((await get("/nothing")).status).toBe(204);
    });
  } else {
    it("takes a body without Content-Length", async () => {
      const body = new Blob(["chunked"]).stream();
      const answer = await get("/echo/x", { method: "POST", body, duplex: "half" } as RequestInit);

      expect(await answer.json()).toMatchObject({ body: "chunked" });
    });

    it("answers 500 when a handler returns nothing, and says what the real host would do", async () => {
      expect((await get("/nothing")).status).toBe(500);
      await host.line("'nothing' returned nothing: the real host would leave the caller hanging");
    });

    it("cuts the connection when a body breaks after it has begun", async () => {
      const answer = await get("/breaks");

      expect(answer.status).toBe(200);
      await get("/break-now", { method: "POST" });
      await expect(answer.text()).rejects.toThrow();
    });

    it("sends each event as it is written, and a client that leaves stops no handler", async () => {
      const leaving = new AbortController();
      const left = await get("/events", { signal: leaving.signal });
      await left.body!.getReader().read();
      leaving.abort();
      const impatient = new AbortController();
      const slow = get("/slow", { signal: impatient.signal });
      await host.line("slow begins");
      impatient.abort();
      await expect(slow).rejects.toThrow();

      const events = (await get("/events")).body!.pipeThrough(new TextDecoderStream()).getReader();
      expect((await events.read()).value).toBe("data: one\n\n");
      await get("/release", { method: "POST" });
      expect((await events.read()).value).toBe("data: two\n\n");
      expect((await events.read()).done).toBe(true);

      await host.line("slow ends");
      await waitFor(() => host.lines.filter((line) => line === "events end").length === 2, "both streams to end");
    });
  }
});
