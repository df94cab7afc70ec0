import { describe, expect, it } from "vitest";
import { nextSlot } from "../../shared/schedule/next-slot.ts";
import type { Plan } from "../../shared/schedule/plan.ts";
import { slotsOf, walkMinutes } from "./minute-walk.ts";

// Every minute of a year is shown to Intl.DateTimeFormat, in zones whose rules are odd: too slow for `npm run check`.

const patterns = ["30 2 * * *", "0 0 * * *", "*/20 1-3 * * *", "15 3 1,15 * *", "45 23 * * 1-5", "5 */4 * 2-11 *"];

describe.each([
  { zone: "Australia/Lord_Howe", year: 2026, what: "half an hour of summer time" },
  { zone: "Pacific/Apia", year: 2011, what: "30 December is missing" },
  { zone: "Africa/Casablanca", year: 2026, what: "back for Ramadan, forward after it" },
  { zone: "Pacific/Chatham", year: 2026, what: "changes at a quarter to" },
  { zone: "America/Sao_Paulo", year: 2018, what: "changes at midnight" },
])("all of $year in $zone ($what)", ({ zone, year }) => {
  const walk = walkMinutes(zone, `${year}-01-01`, 365);
  const end = walk.at(-1)?.instant ?? 0;

  it.each(patterns.flatMap((expression) => (["skip", "shift"] as const).map((gap) => ({ expression, gap }))))(
    "$expression with gap $gap has the slots that a walk over every minute finds",
    ({ expression, gap }) => {
      const plan: Plan = { when: { kind: "cron", expression }, timeZone: zone, gap, exceptDates: [] };
      const expected = slotsOf(plan, walk);
      // The first minute of the walk cannot know what came before it.
      const first = (walk[0]?.instant ?? 0) + 1;
      const found = walkSlots(plan, first, end);
      expect(found.slots).toEqual(expected.slots.filter((slot) => slot >= first));
      // The last answer also tells what is left out after the year.
      const lastText = walk.at(-1)?.wall.text ?? "";
      expect(found.skipped.filter((text) => text <= lastText)).toEqual([...expected.skipped.values()].flat());
      expect(found.slots.length).toBeGreaterThan(20);
    },
  );
});

function walkSlots(plan: Plan, from: number, end: number) {
  const slots: number[] = [];
  const skipped: string[] = [];
  for (let after = from - 1; ; ) {
    const { slot, skippedLocalTimes } = nextSlot(plan, after);
    skipped.push(...skippedLocalTimes);
    if (slot === null || slot > end) return { slots, skipped };
    slots.push(slot);
    after = slot;
  }
}
