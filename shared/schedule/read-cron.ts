import { invalid } from "../kernel/errors.ts";
import { cronPattern } from "./cron-pattern.ts";

/**
 * The expression with single spaces and capital letters. Refused with a VALIDATION_ERROR: what croner cannot read,
 * what other cron readers (or the words that we say it back in) understand otherwise, and a date that never comes.
 */
export function readCron(text: string): string {
  const expression = text.trim().replace(/\s+/g, " ").toUpperCase();
  if (expression.startsWith("@"))
    throw refuse(`${expression.toLowerCase()} is a nickname. ${nicknameAdvice(expression)}`);
  const fields = expression === "" ? [] : expression.split(" ");
  if (fields.length !== 5) throw refuse(wrongCount(fields));
  if (expression.includes("?"))
    throw refuse(`"?" is read differently from cron to cron. Write "*" instead: "${expression.replaceAll("?", "*")}".`);
  fields.forEach(checkField);
  checkDays(fields[2] ?? "", fields[4] ?? "");
  checkComes(expression);
  return expression;
}

const refuse = (message: string) => invalid(`cron: ${message}`, { field: "cron" });

const nicknames: Readonly<Record<string, string>> = {
  "@YEARLY": "0 0 1 1 *",
  "@ANNUALLY": "0 0 1 1 *",
  "@MONTHLY": "0 0 1 * *",
  "@WEEKLY": "0 0 * * SUN",
  "@DAILY": "0 0 * * *",
  "@MIDNIGHT": "0 0 * * *",
  "@HOURLY": "0 * * * *",
};

function nicknameAdvice(expression: string): string {
  const fields = nicknames[expression];
  return fields ? `Write its five fields: "${fields}".` : 'Write five fields, for example "0 8 * * MON-FRI".';
}

function wrongCount(fields: readonly string[]): string {
  const wanted = `5 fields are needed (minute hour day-of-month month day-of-week), not ${fields.length}.`;
  if (fields.length !== 6 && fields.length !== 7) return `${wanted} For example "0 8 * * MON-FRI".`;
  return `${wanted} Leave out the seconds${fields.length === 7 ? " and the year" : ""}: "${fields.slice(1, 6).join(" ")}".`;
}

interface Field {
  readonly name: string;
  readonly values: string;
}

const fieldKinds: readonly Field[] = [
  { name: "minute", values: "0-59" },
  { name: "hour", values: "0-23" },
  { name: "day-of-month", values: "1-31, L (last day), 15W (weekday nearest the 15th) or LW (last weekday)" },
  { name: "month", values: "1-12 or JAN-DEC" },
  { name: "day-of-week", values: "0-7 (0 and 7 are Sunday), SUN-SAT, FRI#2 (second Friday) or FRIL (last Friday)" },
];

function checkField(field: string, index: number): void {
  const kind = fieldKinds[index];
  if (!kind) return;
  const advice = `Use ${kind.values}; a list "1,2", a rising range "1-5", steps "*/2" or "1-10/2", or "*" for all.`;
  if (!isReadable(field, index)) throw refuse(`${JSON.stringify(field)} is no ${kind.name}. ${advice}`);
  // croner reads MON-FRI#1 as the first of each weekday, others as Monday to the first Friday.
  if (index === 4 && /-[^,]*(#|L)/.test(field)) {
    throw refuse(
      `${JSON.stringify(field)} joins a range with ${field.includes("#") ? "#" : "L"}. Write each weekday by itself: "MON#1,TUE#1".`,
    );
  }
}

/** croner is asked about one field at a time, so that the message can say which one is wrong. */
function isReadable(field: string, index: number): boolean {
  // "+" means day-of-month AND day-of-week to croner and nothing to others; MON#L is FRIL written in a way of its own.
  if (/\+|#L/.test(field)) return false;
  try {
    cronPattern(["*", "*", "*", "*", "*"].with(index, field).join(" "));
    return true;
  } catch {
    return false;
  }
}

function checkDays(dayOfMonth: string, dayOfWeek: string): void {
  if (dayOfMonth === "*" || dayOfWeek === "*") return;
  throw refuse(
    `day-of-month "${dayOfMonth}" with day-of-week "${dayOfWeek}" means "either" to some readers and "both" to others. ` +
      `Use "*" for one of them. For either, make two schedules, one for each; for a weekday of the month write it as "FRI#2" (second Friday) or "FRIL" (last).`,
  );
}

function checkComes(expression: string): void {
  if (cronPattern(expression).next(anyMonday) !== null) return;
  throw refuse(
    `${JSON.stringify(expression)} names a date that never comes, such as 31 February. Choose a day that its months have; "L" is the last day of any month.`,
  );
}

/** The Gregorian calendar repeats every 400 years, so any start will do. */
const anyMonday = Date.UTC(2024, 0, 1);
