import { describe, expect, it } from "vitest";
import { describeSlot, planInWords } from "../../shared/schedule/in-words.ts";
import { readPlan, type TimingInput } from "../../shared/schedule/read-timing.ts";

const now = Date.parse("2026-03-01T10:00:00Z");
const berlin = { time_zone: "Europe/Berlin" };

describe("says a plan back", () => {
  it.each<[TimingInput, string]>([
    [{ cron: "0 8 * * MON-FRI", ...berlin }, "At 08:00, Monday through Friday (Europe/Berlin)"],
    [
      { cron: "*/40 * * * *", ...berlin },
      "Every 40 minutes, at 0 and 40 minutes past the hour, every hour, every day (Europe/Berlin)",
    ],
    [{ cron: "* * * * *", ...berlin }, "Every minute (Europe/Berlin)"],
    [{ cron: "*/5 * * * *", ...berlin }, "Every 5 minutes (Europe/Berlin)"],
    [{ cron: "* * * * MON", ...berlin }, "Every minute, only on Monday (Europe/Berlin)"],
    [{ cron: "0 * * * *", ...berlin }, "Every hour (Europe/Berlin)"],
    [
      { cron: "0 8 * * *", ...berlin, except_dates: ["1", "2", "3", "4", "5", "6"].map((day) => `2026-05-0${day}`) },
      "At 08:00, every day (Europe/Berlin); not on 2026-05-01, 2026-05-02, 2026-05-03, 2026-05-04, 2026-05-05 and 1 more date",
    ],
    [{ cron: "0 8 * * FRI#2", time_zone: "UTC" }, "At 08:00, on the second Friday of the month (UTC)"],
    [{ cron: "0 18 LW * *", time_zone: "UTC" }, "At 18:00, on the last weekday of the month (UTC)"],
    [{ cron: "0 8 1W,15W * *", time_zone: "UTC" }, "By the cron pattern 0 8 1W,15W * * (UTC)"],
    [{ run_at: "2026-12-01T08:00", ...berlin }, "Once, on Tuesday 1 December 2026 at 08:00 (Europe/Berlin)"],
    [{ every_minutes: 360 }, "Every 6 hours, counted from Sunday 1 March 2026 at 10:00 (UTC)"],
    [{ every_minutes: 60 }, "Every hour, counted from Sunday 1 March 2026 at 10:00 (UTC)"],
    [{ every_minutes: 90 }, "Every 90 minutes, counted from Sunday 1 March 2026 at 10:00 (UTC)"],
    [{ every_minutes: 1440 }, "Every 24 hours, counted from Sunday 1 March 2026 at 10:00 (UTC)"],
    [
      { every_minutes: 10_080, start_at: "2026-03-02T08:00", ...berlin },
      "Every 7 days, counted from Monday 2 March 2026 at 08:00 (Europe/Berlin)",
    ],
    [
      { cron: "30 2 * * *", ...berlin, start_at: "2026-04-01T00:00", end_at: "2026-12-31T23:59", gap: "shift" },
      "At 02:30, every day (Europe/Berlin); from Wednesday 1 April 2026 at 00:00; until Thursday 31 December 2026 at 23:59; a time that daylight saving time leaves out runs right after the gap",
    ],
    [
      {
        cron: "0 8 * * *",
        ...berlin,
        except_dates: ["1", "2", "3", "4", "5", "6", "7"].map((day) => `2026-05-0${day}`),
      },
      "At 08:00, every day (Europe/Berlin); not on 2026-05-01, 2026-05-02, 2026-05-03, 2026-05-04, 2026-05-05 and 2 more dates",
    ],
  ])("%o", (input, words) => {
    expect(planInWords(readPlan(input, now, { minimumIntervalSeconds: 60 }))).toBe(words);
  });
});

describe("describes a slot with weekday and offset", () => {
  it.each([
    ["Europe/Berlin", "2026-12-01T07:00:00.000Z", "Tuesday 2026-12-01 08:00 Europe/Berlin (UTC+01:00)"],
    ["America/New_York", "2026-07-01T03:30:00.000Z", "Tuesday 2026-06-30 23:30 America/New_York (UTC-04:00)"],
    ["Asia/Kathmandu", "2026-01-01T00:00:15.000Z", "Thursday 2026-01-01 05:45:15 Asia/Kathmandu (UTC+05:45)"],
    ["America/St_Johns", "2026-01-01T12:00:00.000Z", "Thursday 2026-01-01 08:30 America/St_Johns (UTC-03:30)"],
    ["UTC", "2026-12-01T07:00:00.000Z", "Tuesday 2026-12-01 07:00 UTC"],
  ])("in %s", (timeZone, utc, local) => {
    expect(describeSlot(Date.parse(utc), timeZone)).toEqual({ utc, local });
  });

  it("tells the two passes of a repeated hour apart", () => {
    const passes = ["2026-10-25T00:30Z", "2026-10-25T01:30Z"].map(
      (iso) => describeSlot(Date.parse(iso), "Europe/Berlin").local,
    );
    expect(passes).toEqual([
      "Sunday 2026-10-25 02:30 Europe/Berlin (UTC+02:00)",
      "Sunday 2026-10-25 02:30 Europe/Berlin (UTC+01:00)",
    ]);
  });
});
