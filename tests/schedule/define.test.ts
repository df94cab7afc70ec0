import { describe, expect, it } from "vitest";
import { type DefinitionChange, define, redefine } from "../../shared/schedule/define.ts";
import { planInWords } from "../../shared/schedule/in-words.ts";

const now = Date.parse("2026-12-01T07:00:30Z");
const limits = { minimumIntervalSeconds: 60 };
const hours = (count: number) => now + count * 3_600_000;

const daily = { cron: "0 8 * * *", time_zone: "Europe/Berlin" };
const bounded = { ...daily, start_at: "2026-12-02T00:00", end_at: "2026-12-31T23:59", except_dates: ["2026-12-24"] };
const definedAs = (timing: object, more: object = {}) =>
  define({ name: "A", prompt: "P", timing, ...more }, now, limits);

function change(timing: object, given: DefinitionChange, at = now, more: object = {}) {
  return redefine(definedAs(timing, more), given, at, limits);
}

describe("changing times", () => {
  it.each<[string, object, DefinitionChange, object]>([
    ["another cron keeps the zone", daily, { timing: { cron: "30 9 * * *" } }, { ...daily, cron: "30 9 * * *" }],
    [
      "a zone alone reads the same cron there",
      daily,
      { timing: { time_zone: "Asia/Tokyo" } },
      { ...daily, time_zone: "Asia/Tokyo" },
    ],
    [
      "run_at takes the place of cron",
      daily,
      { timing: { run_at: "2026-12-05T08:00" } },
      { run_at: "2026-12-05T08:00", time_zone: "Europe/Berlin" },
    ],
    ["cron takes the place of every_minutes", { every_minutes: 60 }, { timing: daily }, daily],
    ["bounds and exceptions stay", bounded, { timing: { cron: "0 9 * * *" } }, { ...bounded, cron: "0 9 * * *" }],
    ["gap alone", daily, { timing: { gap: "shift" } }, { ...daily, gap: "shift" }],
    ["an end is taken away", { ...daily, end_at: "2026-12-31T23:59" }, { clear: ["end_at"] }, daily],
    ["all bounds are taken away", bounded, { clear: ["end_at", "start_at", "except_dates"] }, daily],
    [
      "an empty list of exceptions",
      { ...daily, except_dates: ["2026-12-24"] },
      { timing: { except_dates: [] } },
      daily,
    ],
    ["undefined is left out", daily, { timing: { cron: undefined, run_at: undefined, gap: undefined } }, daily],
  ])("%s", (_, timing, given, expected) => {
    expect(change(timing, given).plan).toEqual(definedAs(expected).plan);
  });

  it("leaves moments where they are when only the zone changes", () => {
    const { plan } = change(
      { run_at: "2026-12-05T08:00", time_zone: "Europe/Berlin" },
      { timing: { time_zone: "Asia/Tokyo" } },
    );
    expect(plan).toMatchObject({ when: { at: Date.parse("2026-12-05T07:00:00Z") }, timeZone: "Asia/Tokyo" });
  });

  it.each<[string, object, DefinitionChange, number]>([
    ["another end", { every_minutes: 60 }, { timing: { end_at: "2027-01-01T00:00Z" } }, 0],
    ["the same minutes again", { every_minutes: 60 }, { timing: { every_minutes: 60 } }, 0],
    ["a start that is taken away", { every_minutes: 60, start_at: "2026-12-01T09:00:30Z" }, { clear: ["start_at"] }, 2],
    ["other minutes", { every_minutes: 60 }, { timing: { every_minutes: 30 } }, 1],
    ["another start", { every_minutes: 60 }, { timing: { start_at: "2026-12-01T12:00:30Z" } }, 5],
    [
      "other minutes with a start",
      { every_minutes: 60, start_at: "2026-12-01T09:00:30Z" },
      { timing: { every_minutes: 7 } },
      2,
    ],
  ])("every_minutes counts from where it should after %s", (_, timing, given, hour) => {
    expect(change(timing, given, hours(1)).plan.when).toMatchObject({ kind: "every", phase: hours(hour) });
  });

  it.each<[string, object, DefinitionChange]>([
    ["nothing is said about time", { run_at: "2026-12-01T08:00Z" }, { name: "B" }],
    ["the same time is said again", { run_at: "2026-12-01T08:00Z" }, { timing: { run_at: "2026-12-01T09:00+01:00" } }],
    [
      "the same end is said again",
      { ...daily, end_at: "2026-12-02T12:00" },
      { timing: { end_at: "2026-12-02T12:00" } },
    ],
  ])("a plan that is over is no mistake when %s", (_, timing, given) => {
    expect(change(timing, given, hours(100)).plan).toEqual(definedAs(timing).plan);
  });

  it.each<[string, object, DefinitionChange, number, string]>([
    ["a past run_at", daily, { timing: { run_at: "2026-11-01T08:00" } }, 0, "run_at"],
    ["two times", daily, { timing: { cron: "0 9 * * *", every_minutes: 5 } }, 0, "every_minutes"],
    ["a cron when nobody knows the zone", { every_minutes: 60 }, { timing: { cron: "0 8 * * *" } }, 0, "time_zone"],
    [
      "a local end when nobody knows the zone",
      { every_minutes: 60 },
      { timing: { end_at: "2027-01-01T00:00" } },
      0,
      "time_zone",
    ],
    ["an end before the start that stays", bounded, { timing: { end_at: "2026-12-01T23:00" } }, 0, "policies.end_at"],
    ["a start after the end that stays", bounded, { timing: { start_at: "2027-01-01T00:00" } }, 0, "policies.end_at"],
    ["other times when the end that stays is past", bounded, { timing: { cron: "0 9 * * *" } }, 800, "policies.end_at"],
    ["no slot between the bounds that stay", bounded, { timing: { cron: "0 8 1 2 *" } }, 0, "policies.except_dates"],
    ["an unknown zone", daily, { timing: { time_zone: "CST" } }, 0, "time_zone"],
  ])("refuses %s", (_, timing, given, hour, field) => {
    expect(() => change(timing, given, hours(hour))).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    );
  });

  it("refuses times closer than the operator allows, and lets stand what was allowed once", () => {
    const before = definedAs({ every_minutes: 5 });
    const strict = { minimumIntervalSeconds: 3600 };
    expect(() => redefine(before, { timing: { every_minutes: 6 } }, now, strict)).toThrow(/60 minutes/);
    expect(redefine(before, { name: "B" }, now, strict).name).toBe("B");
  });

  it("is said back like a new plan", () => {
    expect(planInWords(change(daily, { timing: { cron: "30 9 * * *" } }).plan)).toBe(
      "At 09:30, every day (Europe/Berlin)",
    );
  });
});

describe("changing the rest", () => {
  const full = { allowedTools: ["a"], tags: ["t"], model: "m", policies: { maxRuns: 3, overlap: "buffer_one" } };

  it.each<[string, DefinitionChange, object]>([
    ["nothing", {}, {}],
    ["texts", { name: "B", prompt: "Q", model: "n" }, { name: "B", prompt: "Q", model: "n" }],
    ["lists as a whole", { tags: ["u"], allowedTools: [] }, { tags: ["u"], allowedTools: [] }],
    [
      "one policy of several",
      { policies: { maxRuns: 4 } },
      { policies: expect.objectContaining({ maxRuns: 4, overlap: "buffer_one" }) },
    ],
    ["the conversation", { conversation: "continue" }, { conversation: "continue" }],
    ["tags taken away", { clear: ["tags"] }, { tags: [] }],
  ])("%s", (_, given, expected) => {
    expect(change(daily, given, now, full)).toEqual({ ...definedAs(daily, full), ...expected });
  });

  it("takes optional values away for good", () => {
    const clear = ["model", "allowed_tools", "max_runs", "max_tokens_per_month"] as const;
    const limited = { ...full, policies: { ...full.policies, maxTokensPerMonth: 5000 } } as const;
    const { policies, ...after } = change(daily, { clear }, now, limited);
    expect(after).not.toHaveProperty("model");
    expect(after).not.toHaveProperty("allowedTools");
    expect(policies).not.toHaveProperty("maxRuns");
    expect(policies).not.toHaveProperty("maxTokensPerMonth");
    expect(change(daily, { clear: ["max_runs"] }, now, limited).policies.maxTokensPerMonth).toBe(5000);
  });

  it.each<[string, DefinitionChange, object, string]>([
    ["a blank prompt", { prompt: " " }, {}, "prompt"],
    ["too long a prompt", { prompt: "x".repeat(65_537) }, {}, "prompt"],
    [
      "allow_all for one conversation",
      { policies: { overlap: "allow_all" } },
      { conversation: "continue" },
      "policies.overlap",
    ],
    [
      "one conversation for allow_all",
      { conversation: "continue" },
      { policies: { overlap: "allow_all" } },
      "policies.overlap",
    ],
    ["jitter as long as the interval", { policies: { jitterSeconds: 86_400 } }, {}, "policies.jitter_seconds"],
    [
      "an interval as short as the jitter",
      { timing: { cron: "*/5 * * * *" } },
      { policies: { jitterSeconds: 600 } },
      "policies.jitter_seconds",
    ],
    ["a model given and cleared", { model: "n", clear: ["model"] }, {}, "clear"],
    ["max_runs given and cleared", { policies: { maxRuns: 2 }, clear: ["max_runs"] }, {}, "clear"],
    ["an end given and cleared", { timing: { end_at: "2027-01-01T00:00" }, clear: ["end_at"] }, {}, "clear"],
  ])("refuses %s", (_, given, more, field) => {
    expect(() => change(daily, given, now, more)).toThrow(expect.objectContaining({ details: { field } }));
  });
});
