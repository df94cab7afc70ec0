import { Temporal } from "temporal-polyfill";
import { invalid } from "../kernel/errors.ts";

/**
 * An IANA name in its usual spelling ("europe/berlin" is "Europe/Berlin"). Only `Area/City` names and UTC: an offset
 * never follows daylight saving time, and abbreviations mean different things to different readers (CST is Chicago
 * or Shanghai; the tz database's own EST is Panama, without daylight saving time). Those get a VALIDATION_ERROR with
 * a name to use instead, and so does a name that does not exist.
 */
export function readTimeZone(text: string): string {
  const name = text.trim();
  if (/^(etc\/)?utc$/i.test(name)) return "UTC";
  if (/^(etc\/)?(utc|gmt)?[+-]\d/i.test(name))
    throw refuse(name, "is an offset, and an offset does not follow daylight saving time", []);
  const known = usualSpelling(name);
  if (known?.includes("/") && !/^(etc|systemv)\//i.test(known)) return known;
  const meant = abbreviations.get(name.toUpperCase());
  if (meant) throw refuse(name, "is an abbreviation, which does not say whose daylight saving time holds", meant);
  if (known) throw refuse(name, "is not of the form Area/City", [usualName(known)]);
  throw refuse(name, "is not an IANA time zone", similarNames(name));
}

function refuse(name: string, why: string, suggestions: readonly string[]) {
  const examples = suggestions.length > 0 ? suggestions : ["Europe/Berlin", "UTC"];
  const such = examples.map((example) => JSON.stringify(example)).join(" or ");
  return invalid(
    `time_zone ${JSON.stringify(name)} ${why}. Pass an IANA name such as ${such}; ask the person for their city if it is not certain.`,
    { field: "time_zone", suggestions },
  );
}

/** undefined when there is no such zone. Keeps "Asia/Kolkata", which Intl would turn into "Asia/Calcutta". */
function usualSpelling(name: string): string | undefined {
  const listed = timeZoneNames().find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (listed) return listed;
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId;
  } catch {
    // The one thing that can be wrong with these arguments is the name.
    return undefined;
  }
}

const usualName = (name: string): string =>
  new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;

const abbreviations = new Map<string, readonly string[]>([
  ["Z", ["UTC"]],
  ["GMT", ["UTC", "Europe/London"]],
  ["BST", ["Europe/London"]],
  ["WET", ["Europe/Lisbon"]],
  ["WEST", ["Europe/Lisbon"]],
  ["CET", ["Europe/Berlin", "Europe/Paris"]],
  ["CEST", ["Europe/Berlin", "Europe/Paris"]],
  ["MEZ", ["Europe/Berlin"]],
  ["MESZ", ["Europe/Berlin"]],
  ["EET", ["Europe/Helsinki", "Europe/Athens"]],
  ["EEST", ["Europe/Helsinki", "Europe/Athens"]],
  ["MSK", ["Europe/Moscow"]],
  ["IST", ["Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"]],
  ["JST", ["Asia/Tokyo"]],
  ["AEST", ["Australia/Sydney", "Australia/Brisbane"]],
  ["AEDT", ["Australia/Sydney"]],
  ["ET", ["America/New_York"]],
  ["EST", ["America/New_York"]],
  ["EDT", ["America/New_York"]],
  ["CT", ["America/Chicago"]],
  ["CST", ["America/Chicago", "Asia/Shanghai"]],
  ["CDT", ["America/Chicago"]],
  ["MST", ["America/Denver", "America/Phoenix"]],
  ["MDT", ["America/Denver"]],
  ["PT", ["America/Los_Angeles"]],
  ["PST", ["America/Los_Angeles"]],
  ["PDT", ["America/Los_Angeles"]],
]);

let names: readonly string[] | undefined;
/** Every zone that this Node.js knows, in its usual spelling. */
export function timeZoneNames(): readonly string[] {
  names ??= Intl.supportedValuesOf("timeZone");
  return names;
}

/** Up to three: those whose city is the one named, else those that are a letter or two away, whole names first. */
function similarNames(name: string): string[] {
  const wanted = name.toLowerCase().replaceAll(" ", "_");
  const city = cityOf(wanted);
  const sameCity = timeZoneNames().filter((candidate) => cityOf(candidate) === city);
  if (sameCity.length > 0) return sameCity.slice(0, 3);
  const near = timeZoneNames().filter((candidate) => isNear(candidate.toLowerCase(), wanted));
  return (near.length > 0 ? near : timeZoneNames().filter((candidate) => isNear(cityOf(candidate), city))).slice(0, 3);
}

export const cityOf = (name: string): string => name.toLowerCase().split("/").at(-1) ?? "";

/** Whether two edits (a letter more, less or other) turn one word into the other. */
function isNear(left: string, right: string, edits = 2): boolean {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  const [restLeft, restRight] = [left.slice(at), right.slice(at)];
  if (Math.abs(restLeft.length - restRight.length) > edits) return false;
  if (restLeft === "" || restRight === "") return true;
  if (edits === 0) return false;
  return (
    isNear(restLeft.slice(1), restRight.slice(1), edits - 1) ||
    isNear(restLeft.slice(1), restRight, edits - 1) ||
    isNear(restLeft, restRight.slice(1), edits - 1)
  );
}
