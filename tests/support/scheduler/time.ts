import type { Instant } from "../../../shared/kernel/clock.ts";

/** A moment as the service keeps it: finer than a millisecond, and with the zone in which it was said. */
export interface KeptTime {
  readonly at: Instant;
  /** Up to the second, in UTC, without a zone. */
  readonly seconds: string;
  /** Digits after the second, at most seven. */
  readonly fraction: string;
  /** What a fresh answer says after it. */
  readonly zone: "Z" | "+00:00" | "";
}

const extended = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})?)?$/;
const timeOnly = /^\d{2}:\d{2}:\d{2}$/;
const rfc1123 = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** As the service's JSON takes a time: extended ISO 8601 only. */
export function parseIso(text: string): KeptTime | undefined {
  const [isFound, date = "", time = "00:00:00", digits = "", zone = ""] = extended.exec(text) ?? [];
  if (isFound === undefined) return undefined;
  const fraction = digits.slice(0, 7).replace(/0+$/, "");
  const whole = Date.parse(`${date}T${time}${zone === "" ? "Z" : zone}`);
  if (Number.isNaN(whole)) return undefined;
  return kept(whole, fraction, zone === "Z" || zone === "" ? zone : "+00:00");
}

/** As the service's tools take a time: more spellings, but neither the basic format nor a number. */
export function parseLoosely(text: string, now: Instant): KeptTime | undefined {
  if (timeOnly.test(text)) return parseIso(`${new Date(now).toISOString().slice(0, 10)}T${text}`);
  return rfc1123.test(text) ? kept(Date.parse(text), "", "Z") : parseIso(text);
}

export function momentOf(now: Instant): KeptTime {
  const fraction = String(now % 1000).padStart(3, "0");
  return kept(now - (now % 1000), fraction.replace(/0+$/, ""), "Z");
}

/** How a fresh answer says it. */
export const freshly = ({ seconds, fraction, zone }: KeptTime): string => `${seconds}${dotted(fraction)}${zone}`;

/** How it comes back from the database: microseconds, and the zone is lost. */
export const fromStorage = ({ seconds, fraction }: KeptTime): string =>
  `${seconds}${dotted(fraction.slice(0, 6).replace(/0+$/, ""))}`;

const dotted = (digits: string): string => (digits === "" ? "" : `.${digits}`);

const kept = (whole: Instant, fraction: string, zone: KeptTime["zone"]): KeptTime => ({
  at: whole + Number(`0.${fraction}0`) * 1000,
  seconds: new Date(whole).toISOString().slice(0, 19),
  fraction,
  zone,
});
