import { z } from "zod";
import { type AppError, invalid } from "./errors.ts";
import { parseJson } from "./json.ts";

/**
 * Where a list goes on that is made out of the pages of another list: the cursor of that page, and the last item of it
 * that was given out. Items are ordered by name, so that none is lost or doubled when others come or go meanwhile.
 */
export interface Resume {
  /** Absent: the first page. */
  readonly page?: string | undefined;
  /** Absent: nothing of it was given out. */
  readonly after?: string | undefined;
}

const resumeSchema = z.object({ page: z.string().optional(), after: z.string().optional() }).strict();

export const toCursor = (resume: Resume): string => JSON.stringify(resume);

/** VALIDATION_ERROR for a text that no list gave out. */
export function fromCursor(cursor: string | undefined): Resume {
  if (cursor === undefined) return {};
  const parsed = resumeSchema.safeParse(parseJson(cursor));
  if (parsed.success) return parsed.data;
  throw unknownCursor();
}

export const unknownCursor = (): AppError =>
  invalid("The cursor is not one that a list gave out. Start again without a cursor.", { field: "cursor" });
