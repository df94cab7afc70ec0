import { createHmac, timingSafeEqual } from "node:crypto";
import { hourMs, type Instant } from "../kernel/clock.ts";
import type { AlarmSlot } from "./external-alarm.ts";

/** The path of the callback function, below the app's address. */
const callbackPath = "/scheduler/callback";

/** A callback that comes later than that proves nothing any more. */
const validForMs = 24 * hourMs;

/**
 * The address that an external Scheduler is to post to at a slot. Whoever holds it may dispatch this one slot, until it
 * expires, and nothing else: the Scheduler can sign nothing itself.
 */
export function signedCallbackUrl(appUrl: string, { scheduleId, slot }: AlarmSlot, key: string): string {
  const url = new URL(callbackPath.slice(1), appUrl.endsWith("/") ? appUrl : `${appUrl}/`);
  const expires = slot + validForMs;
  url.searchParams.set("cid", scheduleId);
  url.searchParams.set("slot", String(slot));
  url.searchParams.set("exp", String(expires));
  url.searchParams.set("sig", signatureOf(scheduleId, slot, expires, key));
  return url.href;
}

/**
 * The slot that a signed address names, or undefined when nothing proves it: forged, changed, expired, or not signed.
 * @param keys the present key and, while it is rotated, the one before
 */
export function provenByUrl(query: URLSearchParams, keys: readonly string[], now: Instant): AlarmSlot | undefined {
  const scheduleId = query.get("cid") ?? "";
  const [slot, expires] = [readInstant(query, "slot"), readInstant(query, "exp")];
  if (slot === undefined || expires === undefined || expires < now) return undefined;
  const given = query.get("sig") ?? "";
  // Everybody could sign with a key that was left empty.
  const usable = keys.filter((key) => key !== "");
  const isProven = usable.map((key) => isSame(given, signatureOf(scheduleId, slot, expires, key))).includes(true);
  return isProven ? { scheduleId, slot } : undefined;
}

const readInstant = (query: URLSearchParams, name: string): Instant | undefined => {
  const text = query.get(name) ?? "";
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
};

/** Fields are divided by what none of them can hold. */
const signatureOf = (scheduleId: string, slot: Instant, expires: Instant, key: string): string =>
  createHmac("sha256", key).update(["POST", scheduleId, slot, expires].join("\n")).digest("base64url");

/** The texts and not their bytes: base64 has several spellings of the same bytes. */
function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
