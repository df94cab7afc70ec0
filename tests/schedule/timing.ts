import { expect } from "vitest";
import { AppError } from "../../shared/kernel/errors.ts";
import { readPlan, type TimingInput } from "../../shared/schedule/read-timing.ts";

export const now = Date.parse("2026-03-01T10:00:30.500Z");
export const berlin = { time_zone: "Europe/Berlin" };
export const daily = { cron: "0 8 * * *", ...berlin };

export const read = (input: TimingInput, minimumIntervalSeconds = 60) =>
  readPlan(input, now, { minimumIntervalSeconds });

/** What is wrong, the input, the field that the refusal names, and words that tell what to do. */
export type Refusal = [what: string, input: TimingInput, field: string, words: string[]];

export function expectRefused(input: TimingInput, field: string, words: readonly string[]): void {
  const { code, message, details } = refusal(input);
  expect(code).toBe("VALIDATION_ERROR");
  expect(details).toMatchObject({ field });
  for (const word of words) expect(message).toContain(word);
}

export function refusal(input: TimingInput, minimumIntervalSeconds?: number): AppError {
  try {
    read(input, minimumIntervalSeconds);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(input)}`);
}
