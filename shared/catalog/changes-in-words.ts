import { isDeepStrictEqual } from "node:util";
import { shownUrl } from "../schedule/notify.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { viewSchedule } from "./views.ts";

/** What a person should hear about the difference of two states of a schedule, a sentence for each field. */
export function changesInWords(before: Schedule, after: Schedule): string[] {
  const [old, now] = [viewSchedule(before), viewSchedule(after)];
  const policies = Object.keys({ ...old.policies, ...now.policies });
  const sentences = [
    ...statusInWords(before, after),
    ...fields.flatMap((field) => difference(field, old[field], now[field])),
    ...(old.prompt === now.prompt ? [] : ["The prompt is a new one."]),
    ...hiddenDifference(before, after),
    ...policies.flatMap((policy) => difference(policy, valueIn(old.policies, policy), valueIn(now.policies, policy))),
  ];
  // Some of a plan is not said in words, such as the last of many excepted dates.
  return sentences.length > 0 ? sentences : ["Details of its times have changed."];
}

/** The zone is part of in_words. */
const fields = ["name", "in_words", "conversation", "tags", "allowed_tools", "model", "notify", "notify_url"] as const;

function statusInWords(before: Schedule, after: Schedule): string[] {
  const why = after.pauseReason === undefined ? "" : `: ${after.pauseReason}`;
  if (before.status === after.status) return before.pauseReason === after.pauseReason ? [] : [`It is paused${why}.`];
  if (after.status === "paused") return [`It is paused now${why}.`];
  if (after.status === "completed") return ["It is completed: nothing is left to run."];
  return [before.status === "completed" ? "It was completed and is active again." : "It is active again."];
}

/** Keys in an address are not shown, so that a change of them alone would not be seen. */
const hiddenDifference = (
  { definition: { notifyUrl: old } }: Schedule,
  { definition: { notifyUrl: now } }: Schedule,
) =>
  old !== undefined && now !== undefined && old !== now && shownUrl(old) === shownUrl(now)
    ? ["notify_url has another key."]
    : [];

function difference(name: string, before: unknown, after: unknown): string[] {
  const field = name === "in_words" ? "When it fires" : name;
  if (isDeepStrictEqual(before, after)) return [];
  if (after === undefined) return [`${field} is removed; it was ${inWords(before)}.`];
  return [`${field} is now ${inWords(after)}${before === undefined ? "" : `, it was ${inWords(before)}`}.`];
}

const inWords = (value: unknown): string => (typeof value === "number" ? String(value) : JSON.stringify(value));

const valueIn = (values: object, name: string): unknown => Object.entries(values).find(([key]) => key === name)?.[1];
