import { describe, expect, it } from "vitest";
import { ownedId } from "../../shared/access/owned-id.ts";
import { localPrincipal } from "../../shared/access/principal.ts";
import { headName } from "../../shared/azure/storage/names.ts";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { continuedConversationId } from "../../shared/protocol/materialise.ts";
import { createMemoryApp, type MemoryApp, startOfTime } from "../mcp/memory-app.ts";
import { itemsOf, oneRun, scheduled } from "../mcp/sample-calls.ts";
import { openRun } from "../support/open-schedule.ts";
import { sampleEvent, sampleHead, sampleRun } from "../support/sample-records.ts";

const ben = { owner: "b2", name: "Ben" };

describe("list_runs", () => {
  it("shows each run once over its pages, newest first", async () => {
    const app = createMemoryApp();
    const scheduleId = await scheduled(app);
    for (const day of [1, 2, 3, 4, 5]) {
      const slot = startOfTime + day * 86_400_000;
      await app.ports.runs.create(sampleRun({ scheduleId, slot, key: `p${slot / 1000}`, owner: localPrincipal.owner }));
    }
    const pages: unknown[][] = [];
    let cursor: unknown;
    do {
      const page = await app.call("list_runs", { schedule_id: scheduleId, limit: 2, cursor });
      pages.push(itemsOf<{ slot: string }>(page, "runs").map(({ slot }) => slot.slice(8, 10)));
      cursor = page.structured?.next_cursor;
    } while (cursor !== undefined);
    expect(pages).toEqual([["25", "24"], ["23", "22"], ["21"]]);
  });

  it("shows nobody the runs of others, without a storage call", async () => {
    const app = createMemoryApp();
    const { scheduleId } = await oneRun(app);
    app.takeStorageCalls();
    const { error } = await app.call("list_runs", { schedule_id: scheduleId }, ben);
    expect(error?.details).toEqual({ reason: "not_found" });
    expect(app.takeStorageCalls()).toEqual([]);
  });
});

describe("get_run", () => {
  it("tells the outcome, the answer and where the transcript is", async () => {
    const app = createMemoryApp();
    const { runId, conversationId } = await oneRun(app);
    const { structured } = await app.call("get_run", { id: runId });
    expect(structured?.run).toMatchObject({ id: runId, outcome: "succeeded", conversation_id: conversationId });
    expect(structured?.next_step).toBe(`get_conversation with id ${conversationId} shows the transcript.`);
  });

  it("shows a run whose record is still to be written, as list_runs does", async () => {
    const app = createMemoryApp();
    const scheduleId = await scheduled(app);
    const { value, version } = (await app.ports.schedules.read(scheduleId))!;
    const open = openRun({ key: `p${startOfTime / 1000}`, slot: startOfTime, openedAt: startOfTime });
    await app.ports.schedules.replace({ ...value, open: [open] }, version);
    const { structured: one } = await app.call("get_run", { id: `${scheduleId}.${open.key}` });
    const { structured: list } = await app.call("list_runs", { schedule_id: scheduleId, state: "open" });
    expect(one?.run).toMatchObject({ state: "queued", slot: new Date(startOfTime).toISOString() });
    expect(list?.runs).toEqual([one?.run]);
  });

  it("answers a foreign run as an unknown one, without a storage call", async () => {
    const app = createMemoryApp();
    const { runId, scheduleId } = await oneRun(app);
    app.takeStorageCalls();
    const foreign = await app.call("get_run", { id: runId }, ben);
    expect(app.takeStorageCalls()).toEqual([]);
    const unknown = `${scheduleId}.p1`;
    const { error } = await app.call("get_run", { id: unknown });
    expect(foreign.error?.message.replace(runId, "ID")).toBe(error?.message.replace(unknown, "ID"));
    expect(foreign.error?.details).toEqual(error?.details);
  });

  it.each(["", ".", "nonsense", "p1", "ID", "ID.", "ID.nonsense", "ID.p12345678901234", "ID.p1/../x"])(
    "answers %j as an unknown id",
    async (pattern) => {
      const id = pattern.replace("ID", ownedId("local", "0198c0de-0000-7000-8000-000000000000"));
      const { error } = await createMemoryApp().call("get_run", { id });
      expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { reason: "not_found" } });
    },
  );

  it("says that its conversation was deleted, links to nothing then, and reads the head for it once", async () => {
    const app = createMemoryApp();
    const { runId, conversationId } = await oneRun(app);
    const getRun = app.catalog.find(({ name }) => name === "get_run");
    const { signal } = new AbortController();
    const linked = async () => (await getRun?.call({ id: runId }, { principal: localPrincipal, signal }))?.links;
    app.takeStorageCalls();
    const before = await app.call("get_run", { id: runId });
    expect(app.takeStorageCalls().map((call) => call.split(" ")[0])).toEqual(["read", "read"]);
    expect(before.structured?.transcript).toBe(`conversation://${conversationId}`);
    expect(await linked()).toHaveLength(1);

    await app.call("delete_conversation", { id: conversationId });
    const after = await app.call("get_run", { id: runId });
    expect(after.structured?.next_step).toBe("Its conversation was deleted, and the transcript with it.");
    expect(after.structured).not.toHaveProperty("transcript");
    expect(await linked()).toEqual([]);
  });

  it("says that it never spoke, and reads no head for that", async () => {
    const app = createMemoryApp();
    const [run] = itemsOf<{ id: string }>(await app.call("trigger_schedule", { id: await scheduled(app) }), "runs");
    await app.call("cancel_run", { id: run?.id });
    app.takeStorageCalls();
    const { structured } = await app.call("get_run", { id: run?.id });
    expect(app.takeStorageCalls()).toHaveLength(1);
    expect(structured?.next_step).toBe("This run never spoke to the model, so it has no transcript.");
    expect(structured).not.toHaveProperty("transcript");
  });

  it("links to its transcript although the head of the conversation is damaged", async () => {
    const app = createMemoryApp();
    const { runId, conversationId } = await oneRun(app);
    await app.blobs.write(headName(conversationId), "{", { condition: "always" });
    const { structured } = await app.call("get_run", { id: runId });
    expect(structured?.transcript).toBe(`conversation://${conversationId}`);
  });

  it("knows its transcript from one that a later run began under the same id", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, { conversation: "continue" });
    const runAgain = async (): Promise<string> => {
      app.passTime(minuteMs);
      const [run] = itemsOf<{ id: string }>(await app.call("trigger_schedule", { id }), "runs");
      await app.workQueue();
      return String(run?.id);
    };
    const first = await runAgain();
    const conversation = continuedConversationId(id);
    await app.call("delete_conversation", { id: conversation });
    const second = await runAgain();
    const transcripts = [first, second].map(async (run) => (await app.call("get_run", { id: run })).structured);
    const [old, fresh] = await Promise.all(transcripts);
    expect(old?.next_step).toContain("was deleted");
    expect(old).not.toHaveProperty("transcript");
    expect(fresh?.transcript).toBe(`conversation://${conversation}`);
  });

  it("stays readable after its schedule was deleted", async () => {
    const app = createMemoryApp();
    const { runId, scheduleId, conversationId } = await oneRun(app);
    await app.call("delete_schedule", { id: scheduleId });
    expect((await app.call("get_run", { id: runId })).structured?.run).toMatchObject({ id: runId });
    expect((await app.call("get_conversation", { id: conversationId })).error).toBeUndefined();
  });
});

describe("get_conversation", () => {
  const id = ownedId("local", "0198c0de-0000-7000-8000-000000000001");

  /** Five things said, over two segments. */
  async function twoSegments(): Promise<MemoryApp> {
    const app = createMemoryApp();
    const { log } = app.ports;
    await log.createHead(sampleHead({ id, owner: "local", segment: 1 }));
    await log.createSegment(id, 0);
    const sealed = { type: "sealed", v: 1, id: "seal", time: startOfTime } as const;
    await log.append(id, 0, 0, [sampleEvent("one"), sampleEvent("two"), sealed]);
    await log.createSegment(id, 1);
    await log.append(id, 1, 0, [sampleEvent("three"), sampleEvent("four")]);
    return app;
  }

  it("shows each event once over its pages, across segments", async () => {
    const app = await twoSegments();
    const shown: unknown[] = [];
    let from_event: unknown;
    do {
      const page = await app.call("get_conversation", { id, limit: 2, from_event });
      const events = itemsOf<{ position: string; text?: string; type: string }>(page, "events");
      shown.push(...events.map(({ position, text, type }) => `${position} ${text ?? type}`));
      from_event = page.structured?.next_from_event;
    } while (from_event !== undefined);
    expect(shown).toEqual(["0:0 one", "0:1 two", "0:2 sealed", "1:0 three", "1:1 four"]);
  });

  it.each(["abc", "1", "1:", "-1:0", "0:0:0"])(
    "refuses the position %j and says where positions come from",
    async (from) => {
      const { error } = await (await twoSegments()).call("get_conversation", { id, from_event: from });
      expect(error).toMatchObject({ error: "VALIDATION_ERROR", message: expect.stringContaining("next_from_event") });
    },
  );

  it.each(["1:2", "7:0", "0:99"])("shows nothing from the position %j, which nobody has reached", async (from) => {
    const { structured } = await (await twoSegments()).call("get_conversation", { id, from_event: from });
    expect(structured?.events).not.toContainEqual(expect.objectContaining({ text: "one" }));
  });

  it("answers a foreign conversation as an unknown one, without a storage call", async () => {
    const app = await twoSegments();
    app.takeStorageCalls();
    const { error } = await app.call("get_conversation", { id }, ben);
    expect(error?.details).toEqual({ reason: "not_found" });
    expect(app.takeStorageCalls()).toEqual([]);
  });

  it("shows the whole transcript of a run: what was said, called and answered", async () => {
    const app = createMemoryApp();
    const { conversationId, runId } = await oneRun(app);
    const page = await app.call("get_conversation", { id: conversationId });
    const events = itemsOf<{ type: string; run_id?: string }>(page, "events");
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["run_started", "user", "assistant", "tool_result", "run_finished"]),
    );
    expect(events.every(({ run_id }) => run_id === runId)).toBe(true);
  });
});
