import { type Instant, minuteMs, toIso } from "../../shared/kernel/clock.ts";
import { isPlannedKind } from "../../shared/schedule/gate.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { changeBetween, wallText } from "./calendar.ts";
import type { Ledger } from "./ledger.ts";
import type { Tally } from "./tally.ts";

/** What a cron schedule owes, minute by minute as the wall shows it: nothing here comes from the app. */
interface Owed {
  readonly slots: ReadonlySet<Instant>;
  /** Local times that the clocks left out and that `gap: skip` therefore skips. */
  readonly skipped: readonly string[];
}

/** Nobody changed the plan or ended it before its time. */
const isUntouched = ({ revision, status, pausedAt, definition }: Schedule): boolean =>
  revision === 1 && status === "completed" && pausedAt === undefined && definition.policies.maxRuns === undefined;

/** At the end of a world: a slot for each local time that the pattern means, once, and none for any other. */
export function checkWall(ledger: Ledger, { check }: Tally): void {
  for (const schedule of ledger.schedules.values()) {
    const { id, skippedLocalTimes } = schedule;
    if (!isUntouched(schedule) || ledger.damage.concerns(id)) continue;
    const owed = owedBy(schedule);
    if (owed === undefined) continue;
    const runs = [...ledger.runs.values()].filter(({ scheduleId, kind }) => scheduleId === id && isPlannedKind(kind));
    for (const { slot } of runs) {
      check("as planned", owed.slots.has(slot), () => `${id} has a run for ${toIso(slot)}, which it does not plan`);
    }
    for (const slot of owed.slots) {
      const isCovered = runs.some((run) => run.slot === slot || (run.slot < slot && slot <= (run.missedThrough ?? 0)));
      check("I1 each slot one record", isCovered, () => `the slot ${toIso(slot)} of ${id} has no record`);
    }
    const missing = owed.skipped.filter((time) => !skippedLocalTimes.includes(time));
    check("I6 ends visible", missing.length === 0, () => `${id} does not say that it skipped ${missing}`);
  }
}

function owedBy({ createdAt, definition: { plan } }: Schedule): Owed | undefined {
  const { when, timeZone: zone, startAt, endAt } = plan;
  if (when.kind !== "cron" || startAt === undefined || endAt === undefined) return undefined;
  const matches = matcherOf(when.expression);
  const isExcepted = (text: string) => plan.exceptDates.includes(text.slice(0, 10));
  const slots = new Set<Instant>();
  const skipped: string[] = [];
  const shown = new Set<string>();
  const from = Math.max(startAt, createdAt + 1);
  // What comes twice may have come for the first time before the plan begins.
  const first = startAt - (startAt % minuteMs) - 2 * 60 * minuteMs;
  let before = wallText(first - minuteMs, zone);
  for (let at = first; at <= endAt; at += minuteMs) {
    const text = wallText(at, zone);
    const left = leftOut(before, text).filter((time) => matches(time));
    before = text;
    const isMeant = (matches(text) && !shown.has(text)) || (plan.gap === "shift" && left.length > 0);
    shown.add(text);
    if (at < from) continue;
    if (isMeant && !isExcepted(text)) slots.add(at);
    if (plan.gap === "skip") skipped.push(...left.filter((time) => !isExcepted(time)));
  }
  return { slots, skipped: skipped.slice(-rememberedSkips) };
}

/** As many as a schedule remembers. */
const rememberedSkips = 20;

/** Local times that the wall has jumped over from one minute to the next. */
function leftOut(before: string, after: string): string[] {
  const minutes = Math.max(0, changeBetween(before, after));
  const last = Date.parse(`${before}Z`);
  return Array.from({ length: minutes }, (_, index) => toIso(last + (index + 1) * minuteMs).slice(0, 16));
}

/** The two fields that wishes use; each all, every so many, `1-3` or `15,45`. */
function matcherOf(expression: string): (text: string) => boolean {
  const [minutes = "*", hours = "*"] = expression.split(" ");
  return (text) => inField(minutes, Number(text.slice(14, 16))) && inField(hours, Number(text.slice(11, 13)));
}

function inField(field: string, value: number): boolean {
  if (field === "*") return true;
  if (field.startsWith("*/")) return value % Number(field.slice(2)) === 0;
  return field.split(",").some((part) => {
    const [low = Number.NaN, high = low] = part.split("-").map(Number);
    return low <= value && value <= high;
  });
}
