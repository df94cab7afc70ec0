import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { morningReport, scheduled } from "../mcp/sample-calls.ts";

async function appWithOne(input: object = {}) {
  const app = createMemoryApp();
  const id = await scheduled(app, input);
  return { app, id, update: (change: object) => app.call("update_schedule", { id, ...change }) };
}

describe("update_schedule", () => {
  it("says what has changed, when it fires now, and leaves the rest as it was", async () => {
    const { app, id, update } = await appWithOne({ tags: ["daily"], policies: { max_runs: 9 } });
    const { structured, text } = await update({
      cron: "30 9 * * *",
      name: "Later report",
      policies: { overlap: "buffer_one" },
    });
    expect(structured).toMatchObject({
      result: "changed",
      in_words: "At 09:30, every day (Europe/Berlin)",
      changes: [
        'name is now "Later report", it was "Morning report".',
        'When it fires is now "At 09:30, every day (Europe/Berlin)", it was "At 08:00, every day (Europe/Berlin)".',
        'overlap is now "buffer_one", it was "skip".',
      ],
      schedule: { id, revision: 2, tags: ["daily"], policies: { max_runs: 9, overlap: "buffer_one" } },
    });
    expect(structured?.next_slots).toHaveLength(5);
    expect(text).toContain("Next run: Saturday 2026-11-21 09:30 Europe/Berlin (UTC+01:00).");
    const read = await app.call("get_schedule", { id });
    expect(read.structured?.schedule).toEqual(structured?.schedule);
  });

  it("reads the same cron in another zone when only the zone is given", async () => {
    const { update } = await appWithOne();
    const { structured } = await update({ time_zone: "Asia/Tokyo" });
    expect(structured).toMatchObject({ next_slots: [{ utc: "2026-11-20T23:00:00.000Z" }, {}, {}, {}, {}] });
  });

  it("takes values away by clear, and not by null, as clients send null for what they leave out", async () => {
    const { update } = await appWithOne({
      model: "m",
      tags: ["t"],
      policies: { max_runs: 3, end_at: "2027-01-01T00:00" },
    });
    expect((await update({ model: null, tags: null, policies: { max_runs: null } })).structured).toMatchObject({
      result: "unchanged",
    });
    const { structured } = await update({ clear: ["model", "tags", "max_runs", "end_at"] });
    const { schedule, changes } = structured as { schedule: { policies: object }; changes: string[] };
    expect(schedule).toMatchObject({ tags: [], in_words: "At 08:00, every day (Europe/Berlin)" });
    expect(schedule).not.toHaveProperty("model");
    expect(schedule.policies).not.toHaveProperty("max_runs");
    expect(changes).toEqual(
      expect.arrayContaining(['model is removed; it was "m".', "max_runs is removed; it was 3."]),
    );
  });

  it("says why new times start nothing when max_runs is used up", async () => {
    const { app, update } = await appWithOne({ cron: null, run_at: "2026-11-20T10:01", policies: { max_runs: 1 } });
    app.passTime(minuteMs);
    await app.workQueue();
    const { structured } = await update({ run_at: "2026-11-21T10:00" });
    expect(structured).toMatchObject({ schedule: { status: "completed" }, next_slots: [] });
    expect(structured?.warnings).toEqual([expect.stringContaining("max_runs 1 is used up")]);
  });

  it("pauses with a reason, shows no times meanwhile, and resumes", async () => {
    const { update } = await appWithOne();
    const paused = await update({ status: "paused", reason: "Holidays" });
    expect(paused.structured).toMatchObject({
      changes: ["It is paused now: Holidays."],
      next_slots: [],
      schedule: { status: "paused" },
    });
    expect(paused.text).toContain('until status "active" is passed');
    expect((await update({ status: "active" })).structured).toMatchObject({
      changes: ["It is active again."],
      next_slots: [{}, {}, {}, {}, {}],
      schedule: { status: "active" },
    });
  });

  it("may be repeated: the second call changes nothing and says so", async () => {
    const { app, update } = await appWithOne({ cron: null, time_zone: null, every_minutes: 60 });
    const change = { every_minutes: 90, name: "B", policies: { max_attempts: 2 }, status: "active" };
    const first = await update(change);
    app.passTime(minuteMs);
    const again = await update(change);
    expect(again.structured).toMatchObject({ result: "unchanged", changes: [], schedule: { revision: 2 } });
    expect(again.structured?.next_slots).toEqual(first.structured?.next_slots);
    expect(again.text).toContain("nothing was changed");
  });

  it("says so when something has changed that the words do not show", async () => {
    const { update } = await appWithOne({ cron: null, time_zone: null, every_minutes: 60 });
    expect((await update({ policies: { gap: "shift" } })).structured?.changes).toEqual([
      "Details of its times have changed.",
    ]);
  });

  it("keeps a change that was made with a revision that is the newest, and refuses one that is not", async () => {
    const { update } = await appWithOne();
    expect((await update({ name: "B", if_match: 1 })).structured).toMatchObject({ schedule: { revision: 2 } });
    const { error } = await update({ name: "C", if_match: 1 });
    expect(error).toMatchObject({
      error: "VALIDATION_ERROR",
      details: { field: "if_match", reason: "conflict", current_revision: 2 },
    });
    expect(error?.message).toMatch(/revision is 2, not 1.*Read it again with get_schedule/);
  });

  it("answers a foreign id as an unknown one, without a storage call", async () => {
    const { app, id } = await appWithOne();
    app.takeStorageCalls();
    const { error } = await app.call("update_schedule", { id, name: "B" }, { owner: "b2", name: "Ben" });
    expect(app.takeStorageCalls()).toEqual([]);
    expect(error?.details).toEqual({ reason: "not_found" });
  });
});

describe("update_schedule refuses, names the field, says what to do, and changes nothing", () => {
  const policy = (name: string, value: unknown): [string, object, string, RegExp] => [
    `${name} ${JSON.stringify(value)}`,
    { policies: { [name]: value } },
    `policies.${name}`,
    /expected|allowed/,
  ];
  const shapes: [string, object, string, RegExp][] = [
    policy("overlap", "sometimes"),
    policy("catch_up", "some"),
    policy("max_runs", 0),
    policy("max_runs", 1_000_001),
    policy("max_attempts", 0),
    policy("max_attempts", 11),
    policy("timeout_minutes", 0),
    policy("timeout_minutes", 1441),
    policy("pause_after_failures", -1),
    policy("pause_after_failures", 101),
    policy("jitter_seconds", -1),
    policy("jitter_seconds", 3601),
    policy("gap", "jump"),
    policy("except_dates", "2026-12-24"),
    ["an unknown field", { timezone: "Europe/Berlin" }, "timezone", /unknown field "timezone"; known are id, if_match/],
    ["an unknown policy", { policies: { retries: 3 } }, "policies.retries", /unknown field "retries" in policies/],
    ["a field of creation only", { idempotency_key: "k" }, "idempotency_key", /unknown field "idempotency_key"/],
    ["an unknown status", { status: "completed" }, "status", /"active" or "paused" is expected/],
    ["an unknown name to clear", { clear: ["end_at", "prompt"] }, "clear.1", /"end_at".*"tags"/],
    ["a revision that is none", { if_match: 0 }, "if_match", /whole number/],
    ["too long a reason", { status: "paused", reason: "r".repeat(501) }, "reason", /500 characters/],
    ["too long a name", { name: "n".repeat(201) }, "name", /200 characters/],
  ];

  it.each(shapes)("%s", async (_what, change, field, advice) => {
    const { app, id, update } = await appWithOne();
    const { error } = await update(change);
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { fields: [field] } });
    expect(error?.message).toMatch(advice);
    expect((await app.call("get_schedule", { id })).structured).toMatchObject({ schedule: { revision: 1 } });
  });

  const rules: [string, object, string, RegExp][] = [
    [
      "an end before the start",
      { policies: { start_at: "2026-12-02T00:00", end_at: "2026-12-01T00:00" } },
      "policies.end_at",
      /before start_at/,
    ],
    ["an end that is past", { policies: { end_at: "2026-01-01T00:00" } }, "policies.end_at", /past/],
    ["a past time", { run_at: "2026-11-20T09:59" }, "run_at", /in the past/],
    ["two kinds of time", { cron: "0 9 * * *", every_minutes: 5 }, "every_minutes", /exactly one/],
    ["an impossible cron", { cron: "0 8 31 2 *" }, "cron", /never comes/],
    ["an unknown zone", { time_zone: "Europe/Berlino" }, "time_zone", /Europe\/Berlin/],
    [
      "a catch-up window out of range",
      { policies: { catch_up_window: "P90D" } },
      "policies.catch_up_window",
      /30 days/,
    ],
    [
      "jitter beyond the next run",
      { cron: "*/5 * * * *", policies: { jitter_seconds: 300 } },
      "policies.jitter_seconds",
      /0 to 299/,
    ],
    [
      "allow_all with continue",
      { conversation: "continue", policies: { overlap: "allow_all" } },
      "policies.overlap",
      /conversation new/,
    ],
    ["a blank prompt", { prompt: " \n" }, "prompt", /empty/],
    ["an unknown tool", { allowed_tools: ["send_mail"] }, "allowed_tools", /send_mail.*can use/],
    ["a field given and cleared", { model: "m", clear: ["model"] }, "clear", /one of the two/],
    ["a reason for nothing", { reason: "Holidays" }, "reason", /status "paused"/],
  ];

  it.each(rules)("%s", async (_what, change, field, advice) => {
    const { app, id, update } = await appWithOne();
    const { error } = await update(change);
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { field } });
    expect(error?.message).toMatch(advice);
    expect((await app.call("get_schedule", { id })).structured).toMatchObject({ schedule: { revision: 1 } });
  });

  it("a local time for a schedule whose zone nobody has said", async () => {
    const { cron: _cron, time_zone: _zone, ...untimed } = morningReport;
    const app = createMemoryApp();
    const made = await app.call("schedule_conversation", { ...untimed, every_minutes: 60 });
    const { error } = await app.call("update_schedule", { id: made.structured?.schedule_id, cron: "0 8 * * *" });
    expect(error).toMatchObject({
      details: { field: "time_zone" },
      message: expect.stringContaining("Ask the person"),
    });
  });
});
