import { afterEach, describe, expect, it } from "vitest";
import { AppError } from "../../shared/kernel/errors.ts";
import { startMcpScheduler } from "../support/scheduler/mcp-scheduler.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import type { RunningScheduler } from "../support/scheduler/service.ts";
import { createClient, failureOf, slotOf } from "./scheduler-client.ts";

const unknownId = "00000000-0000-0000-0000-000000000000";
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const dialects: { what: string; start: () => Promise<RunningScheduler>; dialect: string }[] = [
  { what: "its own tools", start: () => startScheduler(), dialect: "mcptools" },
  { what: "a newer Scheduler, by initialize", start: () => startMcpScheduler(), dialect: "mcp" },
  {
    what: "a newer Scheduler of 2026-07-28 alone",
    start: () => startMcpScheduler({ isBothEras: false }),
    dialect: "mcp",
  },
];

describe.each(dialects)("with $what", ({ start, dialect }) => {
  const open: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });
  const connect = async (...options: Parameters<typeof createClient>[1][]) => {
    const scheduler = await start();
    const client = createClient(scheduler, ...options);
    open.push(scheduler, client);
    return { scheduler, ...client };
  };

  it("arms a slot: the letter's text, its address, and the time in UTC", async () => {
    const { scheduler, alarm } = await connect();
    const slot = slotOf("daily");
    const armed = await alarm.arm(slot);
    expect(armed).toMatch(guid);
    const [kept] = scheduler.conversations;
    expect(kept).toMatchObject({ id: armed, status: "Scheduled", text: '{"conversationId":"daily","status":"due"}' });
    expect(kept?.scheduledTime).toMatchObject({ at: slot.slot, zone: "Z" });
    expect(kept?.target).toMatchObject({ method: "POST" });
    expect(kept?.target.endpoint).toMatch(/^https:\/\/app\.contoso\.example\/scheduler\/callback\?cid=daily&slot=/);
  });

  it("cancels what waits, and says when nothing waited", async () => {
    const { alarm } = await connect();
    const armed = await alarm.arm(slotOf("daily"));
    expect(await alarm.cancel(armed)).toBe(true);
    expect(await alarm.cancel(armed)).toBe(false);
    expect(await alarm.cancel(unknownId)).toBe(false);
    expect(await alarm.cancel("no id of theirs")).toBe(false);
  });

  it("tells what has become of a slot, also of one that is not known there", async () => {
    const { scheduler, alarm } = await connect();
    const armed = await alarm.arm(slotOf("daily"));
    expect(await alarm.status(armed)).toBe("scheduled");
    scheduler.bend({ callback: () => "crash_before" });
    await scheduler.fire(armed);
    expect(await alarm.status(armed)).toBe("in_progress");
    scheduler.bend({ callback: () => "swallow" });
    const other = await alarm.arm(slotOf("weekly"));
    await scheduler.fire(other);
    expect(await alarm.status(other)).toBe("completed");
    const cancelled = await alarm.arm(slotOf("monthly"));
    await alarm.cancel(cancelled);
    expect(await alarm.status(cancelled)).toBe("cancelled");
    expect(await alarm.status(unknownId)).toBe("unknown");
    expect(await alarm.status("no id of theirs")).toBe("unknown");
  });

  it("says in its health what it speaks and since when, without a call", async () => {
    const { scheduler, alarm } = await connect();
    expect(alarm.health()).toEqual({ state: "unused", dialect: "none", since: undefined });
    const before = Date.now();
    await alarm.arm(slotOf("daily"));
    const asked = scheduler.requests.length;
    const health = alarm.health();
    expect(health).toEqual({ state: "ok", dialect, since: expect.any(Number) });
    expect(health.since).toBeGreaterThanOrEqual(before);
    expect(scheduler.requests).toHaveLength(asked);
  });

  it("asks once what it speaks, however many slots are armed at the same time", async () => {
    const { scheduler, alarm } = await connect();
    await Promise.all(Array.from({ length: 8 }, (_, index) => alarm.arm(slotOf(`daily-${index}`))));
    const sought = scheduler.requests.filter(({ path }) => path === "/mcp").map(({ body }) => JSON.parse(body || "{}"));
    const lists = scheduler.requests.filter(({ path }) => path === "/api/mcptools/tools");
    const asked = sought.filter(({ method }) => method === "tools/list").length + lists.length;
    expect(asked).toBe(1);
    expect(scheduler.conversations).toHaveLength(8);
  });

  it("repeats nothing of what it refuses, and says what to do in our own words", async () => {
    const { scheduler, alarm, recorded, told } = await connect();
    const refused = await failureOf(alarm.arm(slotOf("daily", -1)));
    expect(refused).toBe(
      "SERVICE_ERROR: The external Scheduler refuses to arm this slot. It takes only times that lie in the future by its own clock.",
    );
    expect(scheduler.requests.filter(({ body }) => body.includes('"arguments"'))).toHaveLength(1);
    expect(recorded.at(-1)).toMatchObject({ name: "scheduler.call_failed", fields: { tool: "scheduleConversation" } });
    expect(told()).toContain("Scheduled time must be in the future");
    expect(alarm.health()).toMatchObject({ state: "ok" });
  });

  it("lets a slot fail alone whose letter cannot be made", async () => {
    const { scheduler, alarm } = await connect({
      letterFor: async ({ scheduleId }) => {
        if (scheduleId === "late") throw new AppError("SERVICE_ERROR", "Key Vault gave no secret.");
        throw new Error("ECONNRESET vault.contoso.example");
      },
    });
    expect(await failureOf(alarm.arm(slotOf("late")))).toBe("SERVICE_ERROR: Key Vault gave no secret.");
    expect(await failureOf(alarm.arm(slotOf("daily")))).toMatch(/^SERVICE_ERROR: The callback for this slot could not/);
    expect(scheduler.requests).toEqual([]);
    expect(alarm.health().state).toBe("unused");
  });
});
