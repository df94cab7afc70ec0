import { describe, expect, it } from "vitest";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { morningReport } from "../mcp/sample-calls.ts";

const schedule = (policies: Record<string, unknown>, input: Record<string, unknown> = morningReport) =>
  createMemoryApp().call("schedule_conversation", { ...input, policies });

const defaults = {
  overlap: "skip",
  catch_up: "one",
  catch_up_window: "PT24H",
  max_attempts: 3,
  timeout_minutes: 10,
  pause_after_failures: 10,
  jitter_seconds: 0,
  max_tokens_per_run: 100_000,
};

describe("the policies of a schedule are shown back", () => {
  it("with their defaults when nothing is said", async () => {
    const { structured } = await createMemoryApp().call("schedule_conversation", morningReport);
    expect(structured).toMatchObject({ schedule: { policies: defaults } });
  });

  it("each as it was given, at the lowest and at the highest value", async () => {
    const all = [
      {
        overlap: "allow_all",
        catch_up: "none",
        catch_up_window: "PT5M",
        max_runs: 1,
        max_attempts: 1,
        timeout_minutes: 1,
        pause_after_failures: 0,
        jitter_seconds: 0,
        max_tokens_per_run: 1000,
        max_tokens_per_month: 1000,
      },
      {
        overlap: "cancel_other",
        catch_up: "all",
        catch_up_window: "P30D",
        max_runs: 1_000_000,
        max_attempts: 10,
        timeout_minutes: 1440,
        pause_after_failures: 100,
        jitter_seconds: 3600,
        max_tokens_per_run: 10_000_000,
        max_tokens_per_month: 1_000_000_000,
      },
    ];
    for (const policies of all) {
      const { structured } = await schedule(policies);
      expect(structured).toMatchObject({ schedule: { policies } });
    }
  });

  it("by get_schedule too, with the jitter in words", async () => {
    const app = createMemoryApp();
    const policies = { jitter_seconds: 300, catch_up_window: "P7D", pause_after_failures: 3 };
    const { structured } = await app.call("schedule_conversation", { ...morningReport, policies });
    const shown = await app.call("get_schedule", { id: structured?.schedule_id });
    expect(shown.structured).toMatchObject({ schedule: { policies: { ...defaults, ...policies } } });
    expect(shown.text).toContain("up to 5 minutes later, the same for each slot");
  });
});

describe("a dry run warns", () => {
  const berlin = { time_zone: "Europe/Berlin" };
  const { cron: _cron, time_zone: _zone, ...untimed } = morningReport;
  it.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ["of nothing", { cron: "0 8 * * *", ...berlin }, {}, []],
    [
      "of a gap and a repeat within a year",
      { cron: "30 2 * * *", ...berlin },
      {},
      ["On 2027-03-28 the clocks of Europe/Berlin go forward", "On 2027-10-31 the clocks of Europe/Berlin go back"],
    ],
    ["of a first run more than a year away", { cron: "0 8 29 2 *", ...berlin }, {}, ["more than a year away"]],
    [
      "of an excepted date that never matches",
      { cron: "0 8 * * MON", ...berlin },
      { except_dates: ["2026-12-01"] },
      ["The excepted date 2026-12-01 changes nothing"],
    ],
    [
      "of an end that comes soon",
      { cron: "0 8 * * *", ...berlin },
      { end_at: "2026-11-21T09:00" },
      ["This schedule fires only once"],
    ],
  ])("%s", async (_, times, policies, warnings) => {
    const { structured } = await schedule(policies, { ...untimed, ...times, dry_run: true });
    expect(structured?.warnings).toHaveLength(warnings.length);
    expect(structured?.warnings).toEqual(warnings.map((warning) => expect.stringContaining(warning)));
  });
});

describe("a policy out of its range is refused with the range", () => {
  it.each<[string, unknown, string]>([
    ["max_runs", 0, "a whole number from 1 to 1000000 is expected"],
    ["max_runs", 1_000_001, "a whole number from 1 to 1000000 is expected"],
    ["max_attempts", 0, "a whole number from 1 to 10 is expected"],
    ["max_attempts", 11, "a whole number from 1 to 10 is expected"],
    ["timeout_minutes", 0, "a whole number from 1 to 1440 is expected"],
    ["timeout_minutes", 1441, "a whole number from 1 to 1440 is expected"],
    ["pause_after_failures", -1, "a whole number from 0 to 100 is expected"],
    ["pause_after_failures", 101, "a whole number from 0 to 100 is expected"],
    ["jitter_seconds", -1, "a whole number from 0 to 3600 is expected"],
    ["jitter_seconds", 3601, "a whole number from 0 to 3600 is expected"],
    ["overlap", "queue", '"skip", "buffer_one", "cancel_other" or "allow_all" is expected'],
    ["catch_up", "some", '"one", "all" or "none" is expected'],
    ["gap", "jump", '"skip" or "shift" is expected'],
  ])("%s %s", async (field, value, range) => {
    const { error } = await schedule({ [field]: value });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { fields: [`policies.${field}`] } });
    expect(error?.message).toContain(`policies.${field}: `);
    expect(error?.message).toContain(range);
  });

  it.each(["PT4M", "P31D", "a day"])("catch_up_window %s", async (catch_up_window) => {
    const { error } = await schedule({ catch_up_window });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { field: "policies.catch_up_window" } });
    expect(error?.message).toContain("5 minutes to 30 days");
  });

  it("a jitter that reaches the next slot, with what is possible here", async () => {
    const { cron: _cron, time_zone: _zone, ...untimed } = morningReport;
    const { error } = await schedule({ jitter_seconds: 300 }, { ...untimed, every_minutes: 5 });
    expect(error).toMatchObject({ details: { field: "policies.jitter_seconds" } });
    expect(error?.message).toContain("two runs lie only 300 seconds apart. Pass 0 to 299.");
  });
});
