import { z } from "zod";

/** What every list takes. */
export const pageInput = (defaultLimit: number, maximum: number) => ({
  limit: z.int().min(1).max(maximum).optional().describe(`Items of one page. Default ${defaultLimit}.`),
  cursor: z.string().max(2000).optional().describe("next_cursor of the answer before, for the next page."),
});

/** What every list answers. */
export const nextCursor = z.string().optional().describe("Present when there is more: give it as cursor.");

export const cursorPart = (cursor: string | undefined) => (cursor === undefined ? {} : { next_cursor: cursor });

export const moreText = (cursor: string | undefined, otherwise: string): string =>
  cursor === undefined ? otherwise : "There is more: call again with cursor set to next_cursor.";
