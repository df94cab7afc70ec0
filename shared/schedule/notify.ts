import { z } from "zod";

/**
 * Which ends of its runs a schedule tells about. on_change: all that a reader has to know about, so neither a run with
 * nothing to report nor one that was cancelled. Requests for approval, a pause by failures and slots that were
 * found late after a silence are told but with never.
 */
export const notifySchema = z.enum(["always", "on_change", "on_failure", "never"]);

export type Notify = z.output<typeof notifySchema>;

export const defaultNotify: Notify = "on_failure";

/** An address as it may be shown: its query and each long part of its path may be a key. */
export function shownUrl(text: string): string {
  const { origin, pathname, search } = new URL(text);
  const path = pathname.split("/").map((part) => (part.length > longestWord ? "***" : part));
  return `${origin}${path.join("/")}${search === "" ? "" : "?***"}`;
}

const longestWord = 15;
