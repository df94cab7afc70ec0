import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { afterAttempt, newNotice, noticeProblemSchema } from "../../shared/runs/notice.ts";
import { notifySchema } from "../../shared/schedule/notify.ts";
import { codeIn, tableUnder } from "../support/readme-tables.ts";

const page = readFileSync(new URL("../../docs/notifications.md", import.meta.url), "utf8");

it("docs/notifications.md lists every problem, and whether it is tried again", () => {
  const rows = tableUnder(page, "## How it is delivered");
  const listed = rows.map(([problem, , again]) => [codeIn(problem), again]);
  const isTried = (problem: (typeof noticeProblemSchema.options)[number]) =>
    afterAttempt(newNotice("run_finished"), { kind: "failed", problem }, 0).state === "pending";
  expect(listed).toEqual(noticeProblemSchema.options.map((problem) => [problem, isTried(problem) ? "yes" : "no"]));
});

it("docs/notifications.md lists every value of notify", () => {
  const listed = tableUnder(page, "## What is told").map(([value]) => /^`(\w+)`/.exec(value ?? "")?.[1]);
  expect(listed.toSorted()).toEqual(notifySchema.options.toSorted());
});
