import { describe, expect, it } from "vitest";
import { daily, expectRefused, type Refusal, read } from "./timing.ts";

describe("reads time_zone", () => {
  it.each([
    ["UTC", "UTC"],
    ["utc", "UTC"],
    ["Etc/UTC", "UTC"],
    [" america/port-au-prince ", "America/Port-au-Prince"],
    ["asia/kolkata", "Asia/Kolkata"],
    ["Asia/Kathmandu", "Asia/Kathmandu"],
    ["us/eastern", "US/Eastern"],
  ])("%s", (time_zone, timeZone) => {
    expect(read({ cron: "0 8 * * *", time_zone }).timeZone).toBe(timeZone);
  });

  it("every name that the runtime lists, in any case", () => {
    const names = Intl.supportedValuesOf("timeZone").filter((name) => name.includes("/") && !name.startsWith("Etc/"));
    const wrong = names.filter(
      (name) => read({ run_at: "2030-01-15T12:00", time_zone: name.toLowerCase() }).timeZone !== name,
    );
    expect(wrong).toEqual([]);
  });
});

describe("refuses time_zone, and says what to do", () => {
  it.each<Refusal>([
    ["cron without zone", { cron: "0 8 * * *" }, "time_zone", ["Ask the person which time zone", "do not guess"]],
    ["local run_at without zone", { run_at: "2026-12-01T08:00" }, "time_zone", ["run_at", "Ask the person"]],
    [
      "local start_at without zone",
      { every_minutes: 60, start_at: "2026-12-01T08:00" },
      "time_zone",
      ["start_at", "Ask the person"],
    ],
    [
      "local end_at without zone",
      { every_minutes: 60, end_at: "2026-12-01T08:00" },
      "time_zone",
      ["end_at", "Ask the person"],
    ],
    [
      "except_dates without zone",
      { every_minutes: 60, except_dates: ["2026-12-24"] },
      "time_zone",
      ["local dates", "Ask the person"],
    ],

    ["a city", { ...daily, time_zone: "Berlin" }, "time_zone", ['"Europe/Berlin"', "Pass an IANA name"]],
    ["a city with a space", { ...daily, time_zone: "New York" }, "time_zone", ['"America/New_York"']],
    ["a slip of the pen", { ...daily, time_zone: "Europe/Berlim" }, "time_zone", ['such as "Europe/Berlin";']],
    [
      "another planet",
      { ...daily, time_zone: "Mars/Phobos" },
      "time_zone",
      ["not an IANA time zone", "Pass an IANA name", "ask the person"],
    ],
    ["an empty zone", { ...daily, time_zone: "" }, "time_zone", ["Pass an IANA name"]],
    [
      "an offset",
      { ...daily, time_zone: "+02:00" },
      "time_zone",
      ["does not follow daylight saving time", "Pass an IANA name"],
    ],
    ["UTC+2", { ...daily, time_zone: "UTC+2" }, "time_zone", ["does not follow daylight saving time"]],
    [
      "an offset as IANA name",
      { ...daily, time_zone: "Etc/GMT+2" },
      "time_zone",
      ["does not follow daylight saving time"],
    ],
    ["CET", { ...daily, time_zone: "CET" }, "time_zone", ["abbreviation", '"Europe/Berlin"']],
    ["EST", { ...daily, time_zone: "est" }, "time_zone", ["abbreviation", '"America/New_York"']],
    ["GMT", { ...daily, time_zone: "GMT" }, "time_zone", ['"UTC" or "Europe/London"']],
    ["a country", { ...daily, time_zone: "Japan" }, "time_zone", ["Area/City", '"Asia/Tokyo"']],
  ])("%s", (_, input, field, words) => expectRefused(input, field, words));
});
