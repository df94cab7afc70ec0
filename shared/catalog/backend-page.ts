import { z } from "zod";
import { counted } from "../kernel/counted.ts";

/** How the backend's lists are paged: by a number of items to skip. */
export const skipInput = (defaultLimit: number) => ({
  skip: z.int().min(0).max(1_000_000).optional().describe("Items to leave out at the beginning. Default 0."),
  limit: z.int().min(1).max(100).optional().describe(`Items to return. Default ${defaultLimit}.`),
});

export const itemsOutput = <Item extends z.ZodObject>(item: Item) => ({
  total: z.int().min(0).max(1_000_000_000).describe("How many there are, on all pages."),
  items: z.array(item),
});

/** `12 users, 10 shown.` */
export const shownOf = (one: string, total: number, shown: number): string =>
  `${counted(total, one)}, ${shown === total ? "all" : shown} shown.`;

export function moreItems(reached: number, total: number, shown: number, otherwise: string): string {
  if (shown === 0 && total > 0) return "There is nothing so far behind: call again with a smaller skip.";
  return reached < total ? `There is more: call again with skip ${reached}.` : otherwise;
}
