import { expect } from "vitest";
import { Secret } from "../../shared/kernel/secret.ts";

/** For `toEqual`: a secret with exactly this text. Two secrets look alike to it, whatever is in them. */
export const secretOf = (text: string): Secret =>
  expect.toSatisfy((value: unknown) => value instanceof Secret && value.open() === text, `a secret with ${text}`);
