import { expect, it } from "vitest";
import { catchUpWindowText, readCatchUpWindow } from "../../shared/schedule/catch-up-window.ts";

const hour = 3600;

it.each<[string, number, string]>([
  ["PT24H", 24 * hour, "PT24H"],
  ["P1D", 24 * hour, "PT24H"],
  ["PT6H", 6 * hour, "PT6H"],
  ["P7D", 7 * 24 * hour, "P7D"],
  ["P1DT12H", 36 * hour, "PT36H"],
  ["PT90M", 1.5 * hour, "PT1H30M"],
  ["pt0.5h", hour / 2, "PT30M"],
  [" PT5M ", 300, "PT5M"],
  ["PT300S", 300, "PT5M"],
  ["P30D", 30 * 24 * hour, "P30D"],
])("%s is %i seconds and is said back as %s", (text, seconds, back) => {
  expect(readCatchUpWindow(text)).toBe(seconds);
  expect(catchUpWindowText(seconds)).toBe(back);
  expect(readCatchUpWindow(back)).toBe(seconds);
});

it.each<[string, RegExp]>([
  ["PT4M59S", /out of range/],
  ["P30DT1S", /out of range/],
  ["-PT6H", /out of range/],
  ["PT0S", /out of range/],
  ["P1M", /no duration in days, hours, minutes or seconds/],
  ["P1W", /no duration/],
  ["24h", /no duration/],
  ["86400", /no duration/],
  ["", /no duration/],
])("%j is refused with the range and an example", (text, problem) => {
  expect(() => readCatchUpWindow(text)).toThrow(problem);
  expect(() => readCatchUpWindow(text)).toThrow(
    '5 minutes to 30 days as an ISO 8601 duration: "PT5M" to "P30D", for example "PT24H"',
  );
});
