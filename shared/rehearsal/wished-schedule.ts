import { completeTimeZone } from "../schedule/complete-time-zone.ts";

/** The arguments of schedule_conversation, as a sentence asks for them. */
export interface WishedSchedule {
  readonly name: string;
  readonly prompt: string;
  readonly cron: string;
  readonly time_zone: string;
}

const days = new Map([
  ["day", "*"],
  ["morning", "*"],
  ["weekday", "1-5"],
  ...["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"].map(
    (day, index) => [day, `${index}`] as const,
  ),
]);

const sentence = new RegExp(
  `\\bevery (${[...days.keys()].join("|")})s? at ([01]?\\d|2[0-3])(?::([0-5]\\d))? ?(am|pm)?,? in ([\\p{L}_/ -]+?) ?[,:] *(\\S.*)$`,
  "isu",
);

/** "every weekday at 8:00 in Berlin, look at the critical tickets": what, when and where, or undefined when one is missing. */
export function wishedSchedule(said: string): WishedSchedule | undefined {
  const [, day = "", hours = "", minutes = "0", half, place = "", prompt = ""] = sentence.exec(said.trim()) ?? [];
  const weekday = days.get(day.toLowerCase());
  const [time_zone] = completeTimeZone(place);
  const hour = (half === undefined ? Number(hours) : Number(hours) % 12) + (half?.toLowerCase() === "pm" ? 12 : 0);
  if (weekday === undefined || time_zone === undefined) return undefined;
  return { name: titleOf(prompt), prompt, cron: `${Number(minutes)} ${hour} * * ${weekday}`, time_zone };
}

/** Whole words, as many as fit a line. */
const titleOf = (prompt: string): string => {
  const title = /^.{1,60}(?=\s|$)/su.exec(prompt)?.[0] ?? prompt.slice(0, 60);
  return title.charAt(0).toUpperCase() + title.slice(1);
};
