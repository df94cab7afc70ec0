import { describe, expect, it } from "vitest";
import { berlin, daily, expectRefused, type Refusal, read } from "./timing.ts";

describe("reads cron", () => {
  it("in a zone, tidied", () => {
    expect(read({ cron: "  0 8  * * mon-fri ", time_zone: "europe/berlin" })).toEqual({
      when: { kind: "cron", expression: "0 8 * * MON-FRI" },
      timeZone: "Europe/Berlin",
      gap: "skip",
      exceptDates: [],
    });
  });

  it.each([
    "0 8 L * *",
    "0 8 15W * *",
    "0 8 1W,15W * *",
    "0 8 LW * *",
    "0 8 * * FRI#2",
    "0 8 * * MON#1,MON#3",
    "0 8 * * FRIL",
  ])("%s as croner has it", (cron) => {
    expect(read({ cron, ...berlin }).when).toEqual({ kind: "cron", expression: cron });
  });
});

describe("refuses cron, and says what to do", () => {
  it.each<Refusal>([
    [
      "6 fields",
      { ...daily, cron: "0 0 8 * * MON" },
      "cron",
      ["5 fields", "not 6", 'Leave out the seconds: "0 8 * * MON"'],
    ],
    ["7 fields", { ...daily, cron: "0 0 8 * * MON 2026" }, "cron", ["not 7", "the year", '"0 8 * * MON"']],
    ["4 fields", { ...daily, cron: "0 8 * *" }, "cron", ["5 fields", "not 4", "For example"]],
    ["no fields", { ...daily, cron: " " }, "cron", ["5 fields", "not 0"]],
    ["a nickname", { ...daily, cron: "@daily" }, "cron", ['Write its five fields: "0 0 * * *"']],
    ["an unknown nickname", { ...daily, cron: "@reboot" }, "cron", ["Write five fields"]],
    ["a question mark", { ...daily, cron: "0 8 ? * MON" }, "cron", ['Write "*" instead: "0 8 * * MON"']],
    ["both days", { ...daily, cron: "0 8 13 * FRI" }, "cron", ["two schedules", '"FRI#2"']],
    ["both days with a step", { ...daily, cron: "0 8 */2 * FRI" }, "cron", ["two schedules"]],
    ["minute 60", { ...daily, cron: "60 8 * * *" }, "cron", ['"60" is no minute', "Use 0-59"]],
    ["hour 25", { ...daily, cron: "0 25 * * *" }, "cron", ['"25" is no hour', "Use 0-23"]],
    ["day 32", { ...daily, cron: "0 8 32 * *" }, "cron", ["is no day-of-month", "Use 1-31"]],
    ["an unknown month", { ...daily, cron: "0 8 * FOO *" }, "cron", ['"FOO" is no month', "JAN-DEC"]],
    ["an unknown weekday", { ...daily, cron: "0 8 * * MONDAY" }, "cron", ["is no day-of-week", "SUN-SAT"]],
    ["a falling range", { ...daily, cron: "0 22-6 * * *" }, "cron", ['"22-6" is no hour', 'rising range "1-5"']],
    ["a step from a number", { ...daily, cron: "5/15 * * * *" }, "cron", ['steps "*/2"']],
    ["a plus", { ...daily, cron: "0 8 * * +FRI" }, "cron", ["is no day-of-week"]],
    [
      "a range with #",
      { ...daily, cron: "0 8 * * MON-FRI#1" },
      "cron",
      ["Write each weekday by itself", "MON#1,TUE#1"],
    ],
    ["a range with L", { ...daily, cron: "0 8 * * MON-FRIL" }, "cron", ["Write each weekday by itself"]],
    ["31 February", { ...daily, cron: "0 8 31 2 *" }, "cron", ["never comes", '"L" is the last day']],
    ["31 April or June", { ...daily, cron: "0 8 31 4,6 *" }, "cron", ["never comes"]],
  ])("%s", (_, input, field, words) => expectRefused(input, field, words));
});
