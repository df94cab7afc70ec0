import { z } from "zod";

/** A whole number in a setting, both bounds included. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${least} to ${most} is expected`)
    .transform(Number)
    .pipe(z.number().min(least, `at least ${least} is expected`).max(most, `at most ${most} is expected`));
