import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { user } from "../support/sample-events.ts";
import { createMemoryApp, type MemoryApp } from "./memory-app.ts";
import { connections } from "./real-clients.ts";
import { itemsOf, manyRuns, oneRun } from "./sample-calls.ts";
import { serve } from "./serve.ts";

const unknownId = "local-0198c0de-0000-7000-8000-000000000000";

/** A conversation that holds these texts. */
async function conversationOf(app: MemoryApp, texts: readonly string[]): Promise<string> {
  const { log } = app.ports;
  const head = { v: 1, id: unknownId, owner: "local", title: "Long", createdAt: 0, segment: 0 } as const;
  await log.createHead(head);
  await log.createSegment(head.id, 0);
  const events = texts.map((text) => user("r", text));
  await log.append(head.id, 0, 0, events);
  return head.id;
}

const textOf = ({ contents: [content] }: { contents: readonly object[] }): string => {
  expect(content).toHaveProperty("text");
  return String(Reflect.get(content ?? {}, "text"));
};

describe.each(connections)("the transcripts as resources, with %s", (_name, connect) => {
  it("are offered in two forms, Markdown and JSON", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connect(server.url);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate, mimeType }) => [uriTemplate, mimeType])).toEqual([
      ["conversation://{id}", "text/markdown"],
      ["conversation://{id}.json", "application/json"],
    ]);
    await client.close();
  });

  it("are read in either form", async () => {
    const app = createMemoryApp();
    const { conversationId: id } = await oneRun(app);
    await using server = await serve(app);
    const client = await connect(server.url);
    const markdown = await client.readResource({ uri: `conversation://${id}` });
    expect(markdown.contents).toMatchObject([{ uri: `conversation://${id}`, mimeType: "text/markdown" }]);
    expect(textOf(markdown)).toMatch(/^# Once\n.*### User, 09:01:00\n\n> How do I reset my password\?/s);
    const json = await client.readResource({ uri: `conversation://${id}.json` });
    expect(json.contents).toMatchObject([{ mimeType: "application/json" }]);
    const { structured } = await app.call("get_conversation", { id, limit: 200 });
    expect(JSON.parse(textOf(json))).toEqual({
      conversation_id: id,
      title: structured?.title,
      events: structured?.events,
    });
    await client.close();
  });

  it("are listed newest first, page by page, and every address can be read", async () => {
    const app = createMemoryApp();
    await manyRuns(app, 21);
    await using server = await serve(app);
    const client = await connect(server.url);
    const resources: { uri: string; title?: string | undefined }[] = [];
    // Some clients turn the pages by themselves.
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const page: { resources: typeof resources; nextCursor?: string | undefined } = await client.listResources(
        cursor === "" ? {} : { cursor },
      );
      resources.push(...page.resources);
      cursor = page.nextCursor;
    }
    expect(resources[0]).toMatchObject({ title: "Morning report, 2026-11-20 09:00 UTC" });
    const uris = resources.map(({ uri }) => uri);
    expect([uris.length, new Set(uris).size]).toEqual([21, 21]);
    expect(textOf(await client.readResource({ uri: String(uris[20]) }))).toContain("### User, 09:00:00");
    await client.close();
  });

  it("complete the id from what is typed of it or of the title", async () => {
    const app = createMemoryApp();
    const { conversationId: id } = await oneRun(app);
    await using server = await serve(app);
    const client = await connect(server.url);
    const complete = async (value: string, uri = "conversation://{id}") => {
      const { completion } = await client.complete({
        ref: { type: "ref/resource", uri },
        argument: { name: "id", value },
      });
      return completion.values;
    };
    expect(await complete("")).toEqual([id]);
    expect(await complete(id.slice(0, 12))).toEqual([id]);
    expect(await complete("ONCE", "conversation://{id}.json")).toEqual([id]);
    expect(await complete("other")).toEqual([]);
    await client.close();
  });

  it("are linked from the run that wrote them", async () => {
    const app = createMemoryApp();
    const talk = await oneRun(app);
    await using server = await serve(app);
    const client = await connect(server.url);
    await client.listTools();
    const result = await client.callTool({ name: "get_run", arguments: { id: talk.runId } });
    const uri = `conversation://${talk.conversationId}`;
    expect(result).toMatchObject({ structuredContent: { transcript: uri } });
    expect(result.content).toMatchObject([{ type: "text" }, { type: "resource_link", uri, mimeType: "text/markdown" }]);
    expect(textOf(await client.readResource({ uri }))).toContain("# Once");
    await client.close();
  });

  it("of another owner look like those that do not exist", async () => {
    const app = createMemoryApp();
    const { conversationId: id } = await oneRun(app);
    await using server = await serve(app);
    const mine = await connect(server.url);
    const other = await connect(server.url, "b2");
    const seen = async (client: typeof mine, uri: string) => {
      const error = await client.readResource({ uri }).catch((thrown: unknown) => thrown);
      return String(Reflect.get(Object(error), "message")).replaceAll(/local-[0-9a-f-]+/g, "ID");
    };
    for (const form of ["", ".json"]) {
      const foreign = await seen(other, `conversation://${id}${form}`);
      expect(foreign).toContain('There is no conversation "ID".');
      expect(await seen(mine, `conversation://${unknownId}${form}`)).toBe(foreign);
    }
    expect((await other.listResources({})).resources).toEqual([]);
    const ref = { type: "ref/resource", uri: "conversation://{id}" } as const;
    expect((await other.complete({ ref, argument: { name: "id", value: "" } })).completion.values).toEqual([]);
    await Promise.all([mine.close(), other.close()]);
  });

  it("refuse what is no address or cursor of theirs", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connect(server.url);
    for (const uri of [
      "conversation://",
      "conversation://a/b",
      `conversation://${unknownId}.xml`,
      "file:///etc/passwd",
    ]) {
      await expect.soft(client.readResource({ uri }), uri).rejects.toThrow("conversation://{id}.json");
    }
    await expect(client.listResources({ cursor: "made up" })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining("Start again without a cursor"),
    });
    const ref = { type: "ref/resource", uri: "conversation://{name}" } as const;
    await expect(client.complete({ ref, argument: { name: "id", value: "" } })).rejects.toMatchObject({ code: -32602 });
    await client.close();
  });
});

describe("a transcript that is long", () => {
  const read = async (app: MemoryApp, uri: string): Promise<string> => {
    const { contents } = await app.served.resources.read(localPrincipal, uri);
    return textOf({ contents });
  };

  it.each([
    ["of many events", Array.from({ length: 501 }, (_, index) => `Word ${index}.`), 500],
    ["of long events", Array.from({ length: 6 }, () => "a".repeat(60_000)), 4],
  ])("%s stops, and says how to read on", async (_name, texts, shown) => {
    const app = createMemoryApp();
    const id = await conversationOf(app, texts);
    const advice = `get_conversation with id ${id} and from_event 0:${shown} shows what follows.`;
    const markdown = await read(app, `conversation://${id}`);
    expect(markdown.match(/^### User/gm)).toHaveLength(shown);
    expect(markdown).toContain(advice);
    const json = JSON.parse(await read(app, `conversation://${id}.json`));
    expect(json).toMatchObject({ next_from_event: `0:${shown}`, note: expect.stringContaining(advice) });
    const rest = await app.call("get_conversation", { id, from_event: json.next_from_event });
    expect([...json.events, ...itemsOf(rest, "events")]).toHaveLength(texts.length);
  });

  it("shows its first event however long that is", async () => {
    const app = createMemoryApp();
    const id = await conversationOf(app, ["a".repeat(300_000), "b"]);
    expect(await read(app, `conversation://${id}`)).toContain("from_event 0:1 shows");
  });
});
