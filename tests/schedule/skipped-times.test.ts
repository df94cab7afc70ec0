import { describe, expect, it } from "vitest";
import type { Plan } from "../../shared/schedule/plan.ts";
import { skippedBetween } from "../../shared/schedule/skipped-times.ts";

const berlin: Plan = {
  when: { kind: "cron", expression: "*/20 * * * *" },
  timeZone: "Europe/Berlin",
  gap: "skip",
  exceptDates: [],
};
const before = Date.parse("2027-03-28T00:40Z");
const after = Date.parse("2027-03-28T02:00Z");

describe("local times that the clocks left out between two moments", () => {
  it("are those of the pattern inside the gap", () => {
    expect(skippedBetween(berlin, before, after)).toEqual(["2027-03-28T02:00", "2027-03-28T02:20", "2027-03-28T02:40"]);
  });

  it.each<[string, Plan]>([
    ["with gap shift", { ...berlin, gap: "shift" }],
    ["on an excepted date", { ...berlin, exceptDates: ["2027-03-28"] }],
    ["of a pattern with no time there", { ...berlin, when: { kind: "cron", expression: "0 8 * * *" } }],
    ["of elapsed time, which knows no wall", { ...berlin, when: { kind: "every", minutes: 20, phase: before } }],
    ["in a zone whose clocks stay", { ...berlin, timeZone: "Asia/Kathmandu" }],
  ])("are none %s", (_name, plan) => {
    expect(skippedBetween(plan, before, after)).toEqual([]);
  });

  it("belong to the gap's end: a range that ends just before has none of them, nor one that begins there", () => {
    const end = Date.parse("2027-03-28T01:00Z");
    expect(skippedBetween(berlin, before, end - 1)).toEqual([]);
    expect(skippedBetween(berlin, end, after)).toEqual([]);
    expect(skippedBetween(berlin, before, end)).toHaveLength(3);
  });

  it("of many years are those of each of them", () => {
    const dates = skippedBetween(berlin, before, Date.parse("2030-01-01T00:00Z")).map((time) => time.slice(0, 10));
    expect([...new Set(dates)]).toEqual(["2027-03-28", "2028-03-26", "2029-03-25"]);
  });
});
