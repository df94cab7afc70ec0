import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { chatGateId } from "../../shared/protocol/conversation-holder.ts";
import { createMemoryApp, type MemoryApp } from "../mcp/memory-app.ts";
import { itemsOf, oneRun, scheduled } from "../mcp/sample-calls.ts";

const stranger = { owner: "b2", name: "Ben" };

const say = (app: MemoryApp, message: string, id?: string) =>
  app.call("continue_conversation", { message, ...(id === undefined ? {} : { id }) });

const idOf = ({ structured }: Awaited<ReturnType<typeof say>>) => String(structured?.conversation_id);

describe("continue_conversation", () => {
  it("begins a conversation, answers in full, and goes on with it", async () => {
    const app = createMemoryApp();
    const first = await say(app, "How do I reset my password?");
    expect(first.structured).toMatchObject({
      result: "answered",
      answer: expect.stringContaining("rehearsal"),
      run: { kind: "chat", outcome: "succeeded", conversation_id: idOf(first) },
      transcript: `conversation://${idOf(first)}`,
    });
    expect(first.structured?.summary).toBe(first.structured?.answer);
    expect(first.structured?.next_step).toContain(`call again with id ${idOf(first)}`);
    const second = await say(app, "And how do I change it?", idOf(first));
    expect(idOf(second)).toBe(idOf(first));
    const { structured } = await app.call("get_conversation", { id: idOf(first) });
    expect(
      itemsOf<{ type: string }>({ structured } as never, "events").filter(({ type }) => type === "user"),
    ).toHaveLength(2);
  });

  it("links to the transcript", async () => {
    const app = createMemoryApp();
    const { signal } = new AbortController();
    const principal = { owner: "local", name: "local" };
    const { content } = await app.served.call({
      name: "continue_conversation",
      arguments: { message: "Hello" },
      principal,
      signal,
    });
    expect(content[1]).toMatchObject({ type: "resource_link", uri: expect.stringMatching(/^conversation:\/\/local-/) });
  });

  it.each<[string, object, RegExp]>([
    ["nothing said", {}, /message is missing/],
    ["an empty message", { message: "  " }, /message is empty/],
    ["a message that is too long", { message: "x".repeat(65_537) }, /65537 bytes, 65536 are allowed/],
    ["an unknown conversation", { message: "Hello", id: "local-x" }, /There is no conversation "local-x"/],
    ["an id that was lost", { message: "Hello", id: "" }, /There is no conversation ""/],
    ["an unknown field", { message: "Hello", conversation_id: "x" }, /unknown field "conversation_id"/],
  ])("refuses %s with what to do", async (_what, input, advice) => {
    const app = createMemoryApp();
    const { error } = await app.call("continue_conversation", input);
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", message: expect.stringMatching(advice) });
    expect(app.blobs.names()).toEqual([]);
  });

  it("does not tell a stranger that the conversation exists", async () => {
    const app = createMemoryApp();
    const id = idOf(await say(app, "Hello"));
    const refused = await app.call("continue_conversation", { message: "Hello", id }, stranger);
    expect(refused.error?.message).toContain(`There is no conversation ${JSON.stringify(id)}`);
  });

  it("is for people: no run is offered it, whatever its schedule allows", async () => {
    const app = createMemoryApp();
    expect((await app.toolbox.list()).map(({ name }) => name)).not.toContain("continue_conversation");
    const { error } = await app.call("schedule_conversation", {
      ...{ name: "Talk", prompt: "Talk to yourself.", cron: "0 8 * * *", time_zone: "UTC" },
      allowed_tools: ["continue_conversation"],
    });
    expect(error?.message).toContain("continue_conversation");
  });
});

describe("what people say is no schedule", () => {
  it("stands in no list of schedules, and no tool knows a schedule of that id", async () => {
    const app = createMemoryApp();
    const id = chatGateId(idOf(await say(app, "Hello")));
    expect(app.blobs.names()).toContain(`schedules/local/${id}.json`);
    expect((await app.call("list_schedules")).structured?.schedules).toEqual([]);
    const calls: [string, object][] = [
      ["get_schedule", { id }],
      ["update_schedule", { id, status: "paused" }],
      ["trigger_schedule", { id }],
      ["delete_schedule", { id }],
      ["list_runs", { schedule_id: id }],
    ];
    for (const [name, input] of calls) {
      const { error } = await app.call(name, input);
      expect.soft(error?.message, name).toContain(`There is no schedule ${JSON.stringify(id)}`);
    }
  });

  it("is a run like any other in lists of runs, without a schedule", async () => {
    const app = createMemoryApp();
    await say(app, "Hello");
    const [run] = itemsOf<Record<string, unknown>>(await app.call("list_runs"), "runs");
    expect(run).toMatchObject({ kind: "chat", outcome: "succeeded" });
    expect(run).not.toHaveProperty("schedule_id");
  });
});

describe("list_conversations", () => {
  it("shows the newest activity first, with title, schedule and the start of the answer", async () => {
    const app = createMemoryApp();
    const talk = await oneRun(app);
    app.passTime(minuteMs);
    const id = idOf(await say(app, "How do I reset my password?"));
    const page = await app.call("list_conversations");
    expect(page.structured?.conversations).toMatchObject([
      { id, title: "How do I reset my password?", last_outcome: "succeeded" },
      { id: talk.conversationId, title: "Once", schedule_id: talk.scheduleId, last_run_id: talk.runId },
    ]);
    expect(page.structured?.summary).toContain('2 conversations: "How do I reset my password?"');
    const [first] = itemsOf<Record<string, unknown>>(page, "conversations");
    expect(first).not.toHaveProperty("schedule_id");
    app.passTime(minuteMs);
    await say(app, "Why?", talk.conversationId);
    const [newest] = itemsOf<{ id: string }>(await app.call("list_conversations"), "conversations");
    expect(newest?.id).toBe(talk.conversationId);
  });

  it("goes page by page, and shows nobody else's", async () => {
    const app = createMemoryApp();
    const ids: string[] = [];
    for (const message of ["One", "Two", "Three"]) {
      ids.unshift(idOf(await say(app, message)));
      app.passTime(minuteMs);
    }
    const first = await app.call("list_conversations", { limit: 2 });
    const cursor = first.structured?.next_cursor;
    const second = await app.call("list_conversations", { limit: 2, cursor });
    const found = [first, second].flatMap((page) => itemsOf<{ id: string }>(page, "conversations").map(({ id }) => id));
    expect(found).toEqual(ids);
    expect((await app.call("list_conversations", {}, stranger)).structured?.conversations).toEqual([]);
  });
});

describe("delete_conversation", () => {
  it("deletes it, says what stays, and lists it no more", async () => {
    const app = createMemoryApp();
    const { conversationId: id, runId } = await oneRun(app);
    const deleted = await app.call("delete_conversation", { id });
    expect(deleted.structured).toMatchObject({
      conversation_id: id,
      title: "Once",
      summary: expect.stringMatching(/^The conversation "Once" is deleted\. The records of its runs stay/),
      next_step: expect.stringContaining("delete_schedule"),
    });
    expect((await app.call("list_conversations")).structured?.conversations).toEqual([]);
    expect((await app.call("get_run", { id: runId })).structured?.run).toMatchObject({ outcome: "succeeded" });
    for (const [name, input] of [
      ["get_conversation", { id }],
      ["delete_conversation", { id }],
      ["continue_conversation", { id, message: "Hello" }],
    ] as const) {
      expect.soft((await app.call(name, input)).error?.message, name).toContain("There is no conversation");
    }
  });

  it("is nobody else's to delete", async () => {
    const app = createMemoryApp();
    const { conversationId: id } = await oneRun(app);
    expect((await app.call("delete_conversation", { id }, stranger)).error?.message).toContain("There is no");
    expect((await app.call("get_conversation", { id })).error).toBeUndefined();
  });
});

describe("get_run with wait_seconds", () => {
  it("answers once the run has ended", async () => {
    const app = createMemoryApp();
    const opened = await app.call("trigger_schedule", { id: await scheduled(app) });
    const [run] = itemsOf<{ id: string }>(opened, "runs");
    const waiting = await app.call("get_run", { id: run?.id });
    expect(waiting.structured).toMatchObject({
      run: { state: "queued" },
      next_step: `Call again with id ${run?.id} and wait_seconds 25, which waits for it.`,
    });
    const { structured } = await app.call("get_run", { id: run?.id, wait_seconds: 25 });
    expect(structured?.run).toMatchObject({ state: "ended", outcome: "succeeded" });
  });

  it.each([[-1], [26], [1.5], ["soon"]])("refuses to wait %s seconds", async (seconds) => {
    const { error } = await createMemoryApp().call("get_run", { id: "x", wait_seconds: seconds });
    expect(error?.message).toContain("wait_seconds");
  });
});
