import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { createMemoryApp, type MemoryApp, type ToolAnswer } from "../mcp/memory-app.ts";
import { itemsOf, scheduled } from "../mcp/sample-calls.ts";

const anna = { owner: "a1", name: "Anna" };
const ben = { owner: "b2", name: "Ben" };

describe("list_schedules", () => {
  const namesOf = (page: ToolAnswer) => itemsOf<{ name: string }>(page, "schedules").map(({ name }) => name);
  const names = async (app: MemoryApp, input: object) => namesOf(await app.call("list_schedules", input));

  async function threeSchedules(): Promise<MemoryApp> {
    const app = createMemoryApp();
    await scheduled(app, { name: "Tickets", prompt: "Look at the open TICKETS", tags: ["work"] });
    await scheduled(app, { name: "Weather", prompt: "Say the weather", tags: ["home", "daily"] });
    const once = { name: "Dentist", cron: null, run_at: "2026-11-20T10:01", tags: ["home"] };
    await scheduled(app, once);
    return app;
  }

  it.each<[object, string[]]>([
    [{}, ["Tickets", "Weather", "Dentist"]],
    [{ tag: "home" }, ["Weather", "Dentist"]],
    [{ tag: "hom" }, []],
    [{ query: "tickets" }, ["Tickets"]],
    [{ query: "THE weather" }, ["Weather"]],
    [{ query: "weather tickets" }, []],
    [{ tag: "home", query: "weather" }, ["Weather"]],
    [{ status: "paused" }, []],
  ])("finds by %j", async (filter, found) => {
    expect(await names(await threeSchedules(), filter)).toEqual(found);
  });

  it("tells active schedules from completed ones", async () => {
    const app = await threeSchedules();
    app.passTime(minuteMs);
    await app.workQueue();
    expect(await names(app, { status: "completed" })).toEqual(["Dentist"]);
    expect(await names(app, { status: "active" })).toEqual(["Tickets", "Weather"]);
  });

  it("shows each schedule once over its pages, and says when there is more", async () => {
    const app = await threeSchedules();
    const first = await app.call("list_schedules", { limit: 2 });
    expect(first.structured?.next_step).toContain("next_cursor");
    const last = await app.call("list_schedules", { limit: 2, cursor: first.structured?.next_cursor });
    expect([first, last].map(namesOf)).toEqual([["Tickets", "Weather"], ["Dentist"]]);
    expect(last.structured).not.toHaveProperty("next_cursor");
  });

  it("says that a filtered page may be empty although there is more", async () => {
    const app = await threeSchedules();
    const { structured } = await app.call("list_schedules", { limit: 1, query: "dentist" });
    expect(structured).toMatchObject({ schedules: [], next_cursor: expect.any(String) });
    expect(structured?.next_step).toContain("There is more");
  });

  it("refuses a cursor that no list gave out", async () => {
    const { error } = await (await threeSchedules()).call("list_schedules", { cursor: "made up" });
    expect(error?.error).toBe("VALIDATION_ERROR");
  });

  it("shows nobody the schedules of others", async () => {
    const app = createMemoryApp();
    await scheduled(app, { name: "Private" }, anna);
    expect((await app.call("list_schedules", {}, ben)).structured).toMatchObject({ schedules: [] });
  });
});

describe("get_schedule", () => {
  it("shows the plan, the next ten times and the runs", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, { cron: null, every_minutes: 1 });
    app.passTime(minuteMs);
    await app.workQueue();
    const { structured } = await app.call("get_schedule", { id });
    expect(structured).toMatchObject({ schedule: { id, status: "active", runs_finished: 1 } });
    expect(structured?.next_slots).toHaveLength(10);
    expect(structured?.last_runs).toMatchObject([
      // The end of the run dispatched the slot two minutes ahead; the one before it was near from the beginning.
      { schedule_id: id, state: "queued" },
      { schedule_id: id, state: "queued" },
      { schedule_id: id, outcome: "succeeded" },
    ]);
  });

  it("plans no more than max_runs", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, { policies: { max_runs: 3 } });
    expect((await app.call("get_schedule", { id })).structured?.next_slots).toHaveLength(3);
  });

  it("answers a foreign id as an unknown one, without a storage call", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, {}, anna);
    app.takeStorageCalls();
    const { error } = await app.call("get_schedule", { id }, ben);
    expect(app.takeStorageCalls()).toEqual([]);
    const unknown = id.replace(/.$/, (last) => (last === "9" ? "8" : "9"));
    const { error: unknownError } = await app.call("get_schedule", { id: unknown }, anna);
    expect(error?.message.replace(id, "ID")).toBe(unknownError?.message.replace(unknown, "ID"));
    expect(error?.details).toEqual(unknownError?.details);
  });

  it.each(["", "nonsense", "../local", "local-1"])("answers %j as an unknown id", async (id) => {
    const { error } = await createMemoryApp().call("get_schedule", { id });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { reason: "not_found" } });
  });
});

describe("delete_schedule", () => {
  it("ends the schedule and names the runs that it cancelled; a second time there is none", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, { cron: null, every_minutes: 1 });
    const deleted = await app.call("delete_schedule", { id });
    const [cancelled, ...more] = itemsOf<string>(deleted, "cancelled_runs");
    expect(more).toHaveLength(1);
    expect((await app.call("get_run", { id: cancelled })).structured?.run).toMatchObject({
      state: "ended",
      outcome: "cancelled",
    });
    const again = await app.call("delete_schedule", { id });
    expect(again.error).toMatchObject({ error: "VALIDATION_ERROR", details: { reason: "not_found" } });
    expect((await app.call("list_schedules")).structured?.schedules).toEqual([]);
    expect(app.blobs.names().filter((name) => name.startsWith("due/"))).toEqual([]);
  });

  it("leaves a foreign schedule alone", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, {}, anna);
    expect((await app.call("delete_schedule", { id }, ben)).error?.details).toEqual({ reason: "not_found" });
    expect((await app.call("get_schedule", { id }, anna)).error).toBeUndefined();
  });
});
