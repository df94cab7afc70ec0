import { describe, expect, it } from "vitest";
import { completeTimeZone } from "../../shared/schedule/complete-time-zone.ts";
import { readTimeZone } from "../../shared/schedule/read-time-zone.ts";

describe("time zones that are suggested", () => {
  it.each([
    ["europe/ber", ["Europe/Berlin"]],
    ["Berlin", ["Europe/Berlin"]],
    ["new york", ["America/New_York"]],
    ["ut", ["UTC"]],
    ["nowhere", []],
  ])("for %j begin with %j", (typed, expected) => {
    expect(completeTimeZone(typed).slice(0, Math.max(1, expected.length))).toEqual(expected);
  });

  it("come whole name first, then city, then anything that holds it, and each once", () => {
    const found = completeTimeZone("america/");
    expect(found.every((name) => name.startsWith("America/"))).toBe(true);
    const mixed = completeTimeZone("au");
    expect(mixed[0]).toMatch(/^Australia\//);
    expect(mixed.indexOf("Pacific/Auckland")).toBeLessThan(mixed.indexOf("Africa/Bissau"));
    expect(new Set(mixed).size).toBe(mixed.length);
  });

  it("are all taken when a schedule is made", () => {
    for (const name of completeTimeZone("")) expect(readTimeZone(name)).toBe(name);
  });
});
