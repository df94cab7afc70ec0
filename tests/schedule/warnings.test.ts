import { expect, it } from "vitest";
import type { TimingInput } from "../../shared/schedule/read-timing.ts";
import { readPlan } from "../../shared/schedule/read-timing.ts";
import { planWarnings } from "../../shared/schedule/warnings.ts";

const now = Date.parse("2026-03-01T10:00:00Z");
const berlin = { time_zone: "Europe/Berlin" };
const forward = "On 2026-03-29 the clocks of Europe/Berlin go forward and leave out";
const back = "On 2026-10-25 the clocks of Europe/Berlin go back and show";

it.each<[string, TimingInput, string[]]>([
  ["nothing to warn of", { cron: "0 8 * * *", ...berlin }, []],
  ["a zone that never changes", { cron: "30 2 * * *", time_zone: "Asia/Kathmandu" }, []],
  ["elapsed time, which no clock change touches", { every_minutes: 30, ...berlin }, []],
  [
    "gap and repeat",
    { cron: "30 2 * * *", ...berlin },
    [`${forward} 02:30: there is no run then.`, `${back} 02:30 twice: it runs the first time only.`],
  ],
  [
    "a shift",
    { cron: "0,30 2 * * *", ...berlin, gap: "shift", end_at: "2026-10-01T00:00" },
    [`${forward} 02:00, 02:30: it runs once, at 03:00, instead.`],
  ],
  [
    "many times at once",
    { cron: "* * * * *", ...berlin, end_at: "2026-10-01T00:00" },
    [`${forward} each of the 60 times from 02:00 to 02:59: there is no run then.`],
  ],
  ["changes on other weekdays only", { cron: "30 2 * * MON", ...berlin }, []],
  [
    "changes before it starts",
    { cron: "30 2 * * *", ...berlin, start_at: "2026-11-01T00:00", end_at: "2027-02-01T00:00" },
    [],
  ],
  [
    "an excepted change",
    { cron: "30 2 * * *", ...berlin, end_at: "2026-10-01T00:00", except_dates: ["2026-03-29"] },
    ["The excepted date 2026-03-29 changes nothing: the schedule does not run on it anyway."],
  ],
  [
    "a single run in a repeated hour",
    { run_at: "2026-10-25T02:30", ...berlin },
    [`${back} 02:30 twice: it runs the first time only.`],
  ],
  [
    "a first run that is far away",
    { cron: "0 8 29 2 *", ...berlin },
    ["The first run is more than a year away: Tuesday 2028-02-29 08:00 Europe/Berlin (UTC+01:00)."],
  ],
  [
    "an end that leaves one run",
    { cron: "0 8 * * *", ...berlin, end_at: "2026-03-02T08:00" },
    ["This schedule fires only once, the last time on Monday 2026-03-02 08:00 Europe/Berlin (UTC+01:00)."],
  ],
  [
    "an end that leaves few",
    { every_minutes: 60, end_at: "2026-03-01T13:00Z" },
    ["This schedule fires only 3 times, the last time on Sunday 2026-03-01 13:00 UTC."],
  ],
  [
    "excepted dates that change nothing",
    { cron: "0 8 * * MON", ...berlin, except_dates: ["2026-01-05", "2026-03-02", "2026-03-03"] },
    [
      "The excepted date 2026-01-05 is already past.",
      "The excepted date 2026-03-03 changes nothing: the schedule does not run on it anyway.",
    ],
  ],
])("%s", (_, input, warnings) => {
  expect(planWarnings(readPlan(input, now, { minimumIntervalSeconds: 60 }), now)).toEqual(warnings);
});

it("says of a plan from earlier that its times have passed", () => {
  const plan = readPlan({ run_at: "2026-02-28T08:00", ...berlin }, Date.parse("2026-02-01T00:00Z"), {
    minimumIntervalSeconds: 60,
  });
  expect(planWarnings(plan, now)).toEqual([
    "All times of this schedule have passed; the last was Saturday 2026-02-28 08:00 Europe/Berlin (UTC+01:00).",
  ]);
});
