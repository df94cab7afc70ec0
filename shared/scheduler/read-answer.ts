import { z } from "zod";
import type { ArmedState } from "../alarm/external-alarm.ts";
import { type Answer, plainName } from "./dialect.ts";
import { unusable } from "./scheduler-failure.ts";

/** What an answer means. `refused`: the Scheduler is well and does not want this one call. */
export type Reading<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "refused"; readonly words: string };

/** @throws SchedulerFailure for an answer that is none */
export type Read<T> = (answer: Answer) => Reading<T>;

const idSchema = z.guid();

export const isArmedId = (text: string): boolean => idSchema.safeParse(text).success;

export const readArmed: Read<string> = (answer) =>
  answer.kind === "refused" ? answer : read(idSchema.safeParse(answer.value).data, "no id for the armed slot");

const cancelledSchema = z.union([z.boolean(), z.stringbool()]);

export const readCancelled: Read<boolean> = (answer) => {
  if (isNotFound(answer)) return read(false, "");
  if (answer.kind === "refused") return answer;
  return read(cancelledSchema.safeParse(answer.value).data, "no answer to whether it cancelled");
};

const states: ReadonlyMap<string, ArmedState> = new Map(
  (["scheduled", "in_progress", "completed", "failed", "cancelled"] as const).map((state) => [plainName(state), state]),
);

export const readState: Read<ArmedState> = (answer) => {
  if (isNotFound(answer)) return read<ArmedState>("unknown", "");
  if (answer.kind === "refused") return answer;
  const word = typeof answer.value === "string" ? answer.value : "";
  return read(states.get(plainName(word)), "a status that is none");
};

/** Nothing but its words tells an id that is not known from any other refusal. */
const isNotFound = (answer: Answer): boolean => answer.kind === "refused" && /not found/i.test(answer.words);

function read<T>(value: T | undefined, missing: string): Reading<T> {
  if (value === undefined) throw unusable(missing);
  return { kind: "read", value };
}
