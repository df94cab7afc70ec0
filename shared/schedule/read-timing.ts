import { type Instant, minuteMs, secondMs } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { closestInterval } from "./closest-interval.ts";
import { describeSlot } from "./in-words.ts";
import { nextSlot } from "./next-slot.ts";
import type { Plan } from "./plan.ts";
import { readCron } from "./read-cron.ts";
import { isDate, missingZone, readInstant } from "./read-local-time.ts";
import { readTimeZone } from "./read-time-zone.ts";

/** What a caller says about time, in the words of the tool's input. Exactly one of cron, run_at, every_minutes. */
export interface TimingInput {
  readonly cron?: string | undefined;
  readonly run_at?: string | undefined;
  readonly every_minutes?: number | undefined;
  readonly time_zone?: string | undefined;
  readonly start_at?: string | undefined;
  readonly end_at?: string | undefined;
  readonly except_dates?: readonly string[] | undefined;
  readonly gap?: string | undefined;
}

export interface TimingLimits {
  readonly minimumIntervalSeconds: number;
}

/**
 * The plan that the input asks for, or a VALIDATION_ERROR whose message says what to do and whose details name the
 * field. Without time_zone the zone is UTC, which is only possible when nothing in the input is a local time.
 */
export function readPlan(input: TimingInput, now: Instant, limits: TimingLimits): Plan {
  const plan = parsePlan(input, now);
  checkPlan(plan, now, limits);
  return plan;
}

/** What the input says, before it is asked whether that can be planned now. */
export function parsePlan(input: TimingInput, now: Instant): Plan {
  const kind = readKind(input);
  const zone = input.time_zone === undefined ? undefined : readTimeZone(input.time_zone);
  const window = readWindow(input, zone);
  return {
    when: readWhen(kind, input, zone, window.startAt ?? Math.floor(now / secondMs) * secondMs),
    timeZone: zone ?? "UTC",
    gap: readGap(input.gap),
    ...window,
    exceptDates: readExceptDates(input.except_dates ?? [], zone),
  };
}

/** Refuses a plan that has no slot after `now`, or slots too close to each other. */
export function checkPlan(plan: Plan, now: Instant, limits: TimingLimits): void {
  checkEnd(plan, now);
  checkInterval(plan, now, limits.minimumIntervalSeconds);
  checkFires(plan, now);
}

const kinds = ["cron", "run_at", "every_minutes"] as const;
type Kind = (typeof kinds)[number];

function readKind(input: TimingInput): Kind {
  const given = kinds.filter((kind) => input[kind] !== undefined);
  const [kind] = given;
  if (kind && given.length === 1) return kind;
  const problem = kind ? `${given.join(" and ")} are given together` : "When to run is missing";
  throw invalid(
    `${problem}. Pass exactly one of cron ("0 8 * * MON-FRI"), run_at ("2026-12-01T08:00") and every_minutes (360).`,
    { field: given.at(-1) ?? "cron" },
  );
}

function readWhen(kind: Kind, input: TimingInput, zone: string | undefined, phase: Instant): Plan["when"] {
  if (kind === "run_at") return { kind: "once", at: readInstant("run_at", input.run_at ?? "", zone) };
  if (kind === "every_minutes") return { kind: "every", minutes: readMinutes(input.every_minutes ?? 0), phase };
  const expression = readCron(input.cron ?? "");
  if (zone === undefined) throw missingZone("cron is a local time");
  return { kind: "cron", expression };
}

const minutesPerYear = 365 * 24 * 60;

function readMinutes(minutes: number): number {
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= minutesPerYear) return minutes;
  throw invalid(
    `every_minutes ${minutes} is not possible. Pass a whole number from 1 to ${minutesPerYear} (a year), for example 360 for every 6 hours.`,
    { field: "every_minutes" },
  );
}

function readWindow(input: TimingInput, zone: string | undefined): Pick<Plan, "startAt" | "endAt"> {
  const startAt = input.start_at === undefined ? undefined : readInstant("policies.start_at", input.start_at, zone);
  const endAt = input.end_at === undefined ? undefined : readInstant("policies.end_at", input.end_at, zone);
  if (startAt !== undefined && endAt !== undefined && endAt < startAt) {
    throw invalid(
      `end_at ${say(endAt, zone)} lies before start_at ${say(startAt, zone)}. Pass an end_at after start_at.`,
      {
        field: "policies.end_at",
      },
    );
  }
  return { ...(startAt !== undefined && { startAt }), ...(endAt !== undefined && { endAt }) };
}

const say = (instant: Instant, zone: string | undefined): string => describeSlot(instant, zone ?? "UTC").local;

function readGap(gap: string | undefined): Plan["gap"] {
  if (gap === undefined || gap === "skip" || gap === "shift") return gap ?? "skip";
  throw invalid(
    `gap ${JSON.stringify(gap)} is unknown. Pass "skip" (a local time that daylight saving time leaves out does not run) or "shift" (it runs at the first time after the gap).`,
    { field: "policies.gap" },
  );
}

function readExceptDates(dates: readonly string[], zone: string | undefined): string[] {
  const wrong = dates.find((date) => !isDate(date));
  if (wrong !== undefined) {
    throw invalid(`except_dates ${JSON.stringify(wrong)} is not a date of the calendar. Write it as "2026-12-24".`, {
      field: "policies.except_dates",
    });
  }
  if (dates.length > 0 && zone === undefined) throw missingZone("except_dates are local dates");
  return [...new Set(dates)].sort();
}

function checkEnd({ endAt, timeZone }: Plan, now: Instant): void {
  if (endAt === undefined || endAt > now) return;
  throw invalid(
    `end_at ${say(endAt, timeZone)} is already past: it is now ${say(now, timeZone)}. Pass a later end_at or none.`,
    { field: "policies.end_at" },
  );
}

function checkInterval(plan: Plan, now: Instant, minimumSeconds: number): void {
  const { when } = plan;
  // No two slots of a cron pattern lie closer than a minute: its fields know no seconds.
  if (when.kind === "once" || (when.kind === "cron" && minimumSeconds <= 60)) return;
  const closest = closestInterval(plan, now);
  if (closest >= minimumSeconds * secondMs) return;
  throw invalid(
    `Two runs would lie ${closest / minuteMs} minutes apart; here at least ${Math.ceil(minimumSeconds / 60)} minutes must lie between them. Choose times further apart.`,
    { field: when.kind === "every" ? "every_minutes" : "cron" },
  );
}

function checkFires(plan: Plan, now: Instant): void {
  const { when } = plan;
  if (when.kind === "once" && when.at <= now) throw inThePast(when.at, plan.timeZone, now);
  if (nextSlot(plan, now).slot === null) throw neverRuns(plan);
}

const inThePast = (at: Instant, zone: string, now: Instant) =>
  invalid(`run_at ${say(at, zone)} is in the past: it is now ${say(now, zone)}. Pass a later run_at.`, {
    field: "run_at",
  });

function neverRuns(plan: Plan) {
  const { startAt, endAt, exceptDates, timeZone } = plan;
  const bounds = [
    { field: "policies.start_at", words: startAt !== undefined && `from start_at ${say(startAt, timeZone)}` },
    { field: "policies.end_at", words: endAt !== undefined && `until end_at ${say(endAt, timeZone)}` },
    { field: "policies.except_dates", words: exceptDates.length > 0 && "outside except_dates" },
  ].filter(({ words }) => words !== false);
  const field = bounds.at(-1)?.field;
  if (field === undefined) return onlyInGaps(timeZone);
  const inside = bounds.map(({ words }) => words).join(" ");
  return invalid(`This would never run: it has no time ${inside}. Widen that, or choose other times.`, { field });
}

/** Without bounds a pattern that readCron accepted has slots, unless daylight saving time takes every one of them. */
const onlyInGaps = (timeZone: string) =>
  invalid(
    `This would never run: all its times fall into the hour that daylight saving time leaves out in ${timeZone}. Pass gap "shift" to run right after the gap, or choose another time of day.`,
    { field: "policies.gap" },
  );
