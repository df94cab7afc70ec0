import { type Instant, secondMs } from "../kernel/clock.ts";

/** `p<seconds>`, or `<letter><id>.<seconds>` for what was asked for by hand: the slot is part of every key. */
const runKeyPattern = /^(?:p|[mbc][0-9A-Za-z-]+\.)(\d{1,12})$/;

/** The name of a planned or catch-up run: one slot has one, whoever dispatches it. */
export const plannedRunKey = (slot: Instant): string => `p${slot / secondMs}`;

/** The name of a run by hand: never that of a planned one, and the same for every repeat of the call `id`. */
export const triggeredRunKey = (kind: keyof typeof triggeredLetters, id: string, slot: Instant): string =>
  `${triggeredLetters[kind]}${id}.${slot / secondMs}`;

const triggeredLetters = { manual: "m", backfill: "b", chat: "c" } as const;

export const isChatKey = (key: string): boolean => key.startsWith(triggeredLetters.chat);

/** The slot in a run key, or undefined for a text that is no run key. */
export function slotInRunKey(key: string): Instant | undefined {
  const seconds = runKeyPattern.exec(key)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * secondMs;
}
