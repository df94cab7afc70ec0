import type { Instant } from "../../shared/kernel/clock.ts";
import type { Plan } from "../../shared/schedule/plan.ts";

/**
 * The slow, obvious calculation that the fast one is held against: every minute of a few days is shown to
 * Intl.DateTimeFormat, and a small matcher of its own looks at what the wall says. No Temporal, no croner.
 */
export interface Minute {
  readonly instant: Instant;
  readonly wall: Wall;
  /** The wall has shown this before. */
  readonly repeated: boolean;
  /** What the wall jumped over to get here. */
  readonly missing: readonly Wall[];
}

interface Wall {
  readonly text: string;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
}

export interface Answer {
  readonly slot: Instant | null;
  readonly skippedLocalTimes: readonly string[];
}

export function walkMinutes(timeZone: string, firstDay: string, days: number): Minute[] {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const seen = new Set<number>();
  const start = Date.parse(`${firstDay}T00:00:00Z`);
  let before: number | undefined;
  return Array.from({ length: days * 24 * 60 }, (_, index) => {
    const instant = start + index * 60_000;
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const shown = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!) / 60_000;
    const missing: Wall[] = [];
    for (let left = (before ?? shown) + 1; left < shown; left += 1) missing.push(readWall(left));
    const repeated = seen.has(shown);
    seen.add(shown);
    before = shown;
    return { instant, wall: readWall(shown), repeated, missing };
  });
}

function readWall(minutes: number): Wall {
  const date = new Date(minutes * 60_000);
  return {
    text: date.toISOString().slice(0, 16),
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
  };
}

/** All slots of a plan within the walk, and what each minute left out, by the rules as docs/schedules.md states them. */
export function slotsOf(plan: Plan, walk: readonly Minute[]): { slots: Instant[]; skipped: Map<Instant, string[]> } {
  const { when } = plan;
  const matches = when.kind === "cron" ? cronMatcher(when.expression) : () => false;
  const excepted = (wall: Wall) => plan.exceptDates.includes(wall.text.slice(0, 10));
  const slots: Instant[] = [];
  const skipped = new Map<Instant, string[]>();
  for (const { instant, wall, repeated, missing } of walk) {
    if (instant < (plan.startAt ?? -Infinity) || instant > (plan.endAt ?? Infinity)) continue;
    const lost = missing.filter(matches);
    const left = plan.gap === "skip" ? lost.filter((one) => !excepted(one)).map(({ text }) => text) : [];
    if (left.length > 0) skipped.set(instant, left);
    const since = when.kind === "every" ? instant - when.phase : -1;
    const elapsed = when.kind === "every" && since >= 0 && since % (when.minutes * 60_000) === 0;
    const fires = elapsed || (matches(wall) && !repeated) || (plan.gap === "shift" && lost.length > 0);
    if (fires && !excepted(wall)) slots.push(instant);
  }
  return { slots, skipped };
}

function cronMatcher(expression: string): (wall: Wall) => boolean {
  const [minute, hour, day, month, weekday] = expression.split(" ").map(readField);
  return (wall) =>
    minute!(wall.minute) && hour!(wall.hour) && day!(wall.day) && month!(wall.month) && weekday!(wall.weekday);
}

/** Numbers, lists, ranges, steps and stars; what else croner reads has its own table. */
function readField(field: string, index: number): (value: number) => boolean {
  const lowest = index === 2 || index === 3 ? 1 : 0;
  const alternatives = field.split(",").map((item) => {
    const [range, step] = item.split("/");
    const [from, to] = range === "*" ? [lowest, 99] : range!.split("-").map(Number);
    return (value: number) =>
      value >= from! && value <= (to ?? from!) && (value - from!) % (step === undefined ? 1 : Number(step)) === 0;
  });
  return (value) => alternatives.some((matches) => matches(value));
}
