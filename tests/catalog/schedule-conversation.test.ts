import { describe, expect, it } from "vitest";
import { hourMs, minuteMs } from "../../shared/kernel/clock.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { morningReport } from "../mcp/sample-calls.ts";

const { cron: _cron, time_zone: _zone, ...untimed } = morningReport;

describe("schedule_conversation", () => {
  it("says back when it fires: in words, with the zone and the next five times", async () => {
    const { structured } = await createMemoryApp().call("schedule_conversation", morningReport);
    expect(structured).toMatchObject({ result: "created", in_words: expect.stringContaining("Europe/Berlin") });
    expect(structured?.next_slots).toHaveLength(5);
    expect(structured?.next_slots).toMatchObject([
      { utc: "2026-11-21T07:00:00.000Z", local: "Saturday 2026-11-21 08:00 Europe/Berlin (UTC+01:00)" },
      {},
      {},
      {},
      {},
    ]);
  });

  it("writes nothing in a dry run, gives no id, and shows the same times", async () => {
    const app = createMemoryApp();
    const dry = await app.call("schedule_conversation", { ...morningReport, dry_run: true, idempotency_key: "k" });
    expect(app.blobs.names()).toEqual([]);
    expect(app.takeStorageCalls().filter((call) => !call.startsWith("listPage history/"))).toEqual([]);
    expect(dry.structured).toMatchObject({ result: "dry_run" });
    expect(dry.text).not.toMatch(/local-[0-9a-f]{8}-/);
    const real = await app.call("schedule_conversation", { ...morningReport, idempotency_key: "k" });
    expect(real.structured?.next_slots).toEqual(dry.structured?.next_slots);
  });

  it("makes two schedules of two calls without a key", async () => {
    const app = createMemoryApp();
    const first = await app.call("schedule_conversation", morningReport);
    const second = await app.call("schedule_conversation", morningReport);
    expect(first.structured?.schedule_id).not.toBe(second.structured?.schedule_id);
  });

  it("gives the same schedule for the same idempotency_key, also later and with the fields in another order", async () => {
    const app = createMemoryApp();
    const first = await app.call("schedule_conversation", { ...morningReport, idempotency_key: "k" });
    app.passTime(hourMs);
    const again = await app.call("schedule_conversation", { idempotency_key: "k", dry_run: false, ...morningReport });
    expect(again.structured).toMatchObject({ result: "existing", schedule_id: first.structured?.schedule_id });
    expect(app.blobs.names().filter((name) => name.startsWith("schedules/"))).toHaveLength(1);
  });

  it("shows a repeat the times of the schedule that exists, not those of one that would begin now", async () => {
    const app = createMemoryApp();
    const input = { ...untimed, every_minutes: 60, idempotency_key: "k" };
    const first = await app.call("schedule_conversation", input);
    app.passTime(20 * minuteMs);
    const again = await app.call("schedule_conversation", input);
    expect(again.structured?.next_slots).toEqual(first.structured?.next_slots);
  });

  it("refuses other content under the same key, and names the schedule that has it", async () => {
    const app = createMemoryApp();
    const { structured } = await app.call("schedule_conversation", { ...morningReport, idempotency_key: "k" });
    const { error } = await app.call("schedule_conversation", {
      ...morningReport,
      prompt: "Else",
      idempotency_key: "k",
    });
    expect(error).toMatchObject({
      error: "VALIDATION_ERROR",
      details: { reason: "conflict", field: "idempotency_key" },
    });
    expect(error?.message).toContain(String(structured?.schedule_id));
  });

  it("keeps the keys of two owners apart", async () => {
    const app = createMemoryApp();
    const input = { ...morningReport, idempotency_key: "k" };
    const mine = await app.call("schedule_conversation", input, { owner: "a1", name: "a" });
    const theirs = await app.call("schedule_conversation", { ...input, prompt: "Else" }, { owner: "b2", name: "b" });
    expect([mine.structured?.result, theirs.structured?.result]).toEqual(["created", "created"]);
  });

  it("takes a prompt of exactly 64 KiB", async () => {
    const { error } = await createMemoryApp().call("schedule_conversation", {
      ...morningReport,
      prompt: "ü".repeat(32_768),
    });
    expect(error).toBeUndefined();
  });

  it("runs with the tools it was allowed", async () => {
    const { structured } = await createMemoryApp().call("schedule_conversation", {
      ...morningReport,
      allowed_tools: ["get_knowledge_base"],
    });
    expect(structured?.schedule).toMatchObject({ allowed_tools: ["get_knowledge_base"] });
  });
});

describe("schedule_conversation refuses, names the field, says what to do, and leaves nothing behind", () => {
  const continued = { conversation: "continue", policies: { overlap: "allow_all" } };
  const cases: [string, object, string, RegExp][] = [
    ["an unknown zone", { time_zone: "Europe/Berlino" }, "time_zone", /IANA.*Europe\/Berlin/],
    ["an abbreviated zone", { time_zone: "CST" }, "time_zone", /America\/Chicago/],
    ["a missing zone", { time_zone: null }, "time_zone", /Ask the person/],
    ["an impossible cron", { cron: "0 8 31 2 *" }, "cron", /never comes/],
    ["a cron of six fields", { cron: "0 0 8 * * *" }, "cron", /5 fields/],
    ["a nickname", { cron: "@daily" }, "cron", /"0 0 \* \* \*"/],
    ["a past time", { cron: null, run_at: "2026-11-20T09:59" }, "run_at", /in the past/],
    ["a time that is none", { cron: null, run_at: "tomorrow at eight" }, "run_at", /2026-12-01T08:00/],
    ["two kinds of time", { run_at: "2026-12-01T08:00" }, "run_at", /cron and run_at.*exactly one/],
    ["no time", { cron: "" }, "cron", /exactly one/],
    ["an empty prompt", { prompt: "" }, "prompt", /empty/],
    ["a blank prompt", { prompt: " \n\t" }, "prompt", /empty/],
    [
      "a prompt over 64 KiB in few characters",
      { prompt: "😀".repeat(16_385) },
      "prompt",
      /65540 bytes, 65536 are allowed/,
    ],
    ["allow_all with continue", continued, "policies.overlap", /conversation new, or another overlap/],
    ["an unknown tool", { allowed_tools: ["get_run", "send_mail"] }, "allowed_tools", /send_mail.*can use.*get_run/],
    [
      "a tool for people",
      { allowed_tools: ["decide_approval"] },
      "allowed_tools",
      /decide_approval: a person does that/,
    ],
    ["a misspelt tool", { allowed_tools: ["get_rnu"] }, "allowed_tools", /get_rnu \(did you mean get_run\?\)/],
    ["a group that is not there", { allowed_tools: ["cooking:*"] }, "allowed_tools", /cooking:\*.*runs:\*/],
    ["an end that is past", { policies: { end_at: "2026-01-01T00:00Z" } }, "policies.end_at", /past/],
  ];

  it.each(cases)("%s", async (_what, input, field, advice) => {
    const app = createMemoryApp();
    const { error } = await app.call("schedule_conversation", { ...morningReport, ...input });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { field } });
    expect(error?.message).toMatch(advice);
    expect(app.blobs.names()).toEqual([]);
  });

  it("runs that lie closer together than the operator allows", async () => {
    const app = createMemoryApp({ minimumIntervalSeconds: 3600 });
    const { error } = await app.call("schedule_conversation", { ...untimed, every_minutes: 59 });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { field: "every_minutes" } });
    expect(error?.message).toContain("60 minutes");
    expect(app.blobs.names()).toEqual([]);
    expect((await app.call("schedule_conversation", { ...untimed, every_minutes: 60 })).error).toBeUndefined();
  });
});
