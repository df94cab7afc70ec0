import { cityOf, timeZoneNames } from "./read-time-zone.ts";

/** IANA names that begin with what is typed, then those whose city does, then those that hold it; UTC among them. */
export function completeTimeZone(typed: string): readonly string[] {
  const wanted = typed.trim().toLowerCase().replaceAll(" ", "_");
  const names = ["UTC", ...timeZoneNames().filter((name) => name.includes("/"))];
  const found = [
    ...names.filter((name) => name.toLowerCase().startsWith(wanted)),
    ...names.filter((name) => cityOf(name).startsWith(wanted)),
    ...names.filter((name) => name.toLowerCase().includes(wanted)),
  ];
  return [...new Set(found)];
}
