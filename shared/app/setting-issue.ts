import type { z } from "zod";
import { choiceOf, otherType } from "../catalog/describe-issue.ts";

/** For `safeParse` of settings: our words where a schema has none of its own. */
export const settingWords = {
  error: (issue: z.core.$ZodRawIssue): string | undefined => {
    if (issue.code === "invalid_value") return choiceOf(issue);
    if (issue.code === "invalid_type") return otherType(issue);
    return undefined;
  },
  // Tells what is missing from what is of another type; no value reaches a message.
  reportInput: true,
} as const;

/** What is wrong in a setting that is JSON, with its place; repeats no value, which may be a secret. */
export function describeSettingIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join(".");
  const at = path === "" ? "" : `${path}: `;
  if (issue.code === "unrecognized_keys") return `${at}unknown field ${issue.keys.join(", ")}`;
  const isMissing = path !== "" && issue.code === "invalid_type" && issue.input === undefined;
  return isMissing ? `${path} is missing` : `${at}${issue.message}`;
}
