import { describe, expect, it } from "vitest";
import { risksOf } from "../../shared/runs/risks.ts";
import type { Plan } from "../../shared/schedule/plan.ts";
import { defaultPolicies, type Policies } from "../../shared/schedule/policies.ts";
import type { Tool } from "../../shared/tools/toolbox.ts";

const now = Date.parse("2026-11-20T09:00:00Z");

const planOf = (when: Plan["when"]): Plan => ({ when, timeZone: "Europe/Berlin", gap: "skip", exceptDates: [] });
const cron = (expression: string): Plan => planOf({ kind: "cron", expression });

const tool = (name: string, readOnly: boolean): Tool => ({
  name,
  description: "",
  inputSchema: {},
  readOnly,
  server: "mail",
});

const tools = [tool("read_mail", true), tool("send_mail", false), tool("delete_mail", false)];

const risks = (plan: Plan, approval: Policies["approval"] = "writes", allowedTools?: string[]) =>
  risksOf({ plan, policies: { ...defaultPolicies, approval }, ...(allowedTools && { allowedTools }) }, tools, now);

const daily = cron("0 8 * * *");

describe("how often it runs is a risk", () => {
  it.each([
    [cron("* * * * *"), "only a minute apart"],
    [cron("*/4 8-9 * * MON"), "only 4 minutes apart"],
    [cron("58,2 8,9 * * *"), "only 4 minutes apart"],
    [cron("0,3 8 1 1 *"), "only 3 minutes apart"],
    [planOf({ kind: "every", minutes: 2, phase: now }), "only 2 minutes apart"],
  ])("%j: %s", (plan, words) => {
    expect(risks(plan)).toEqual([expect.stringContaining(words)]);
  });

  it.each([
    [daily],
    [cron("*/5 * * * *")],
    [cron("2,58 8 * * *")],
    [planOf({ kind: "every", minutes: 5, phase: now })],
    [planOf({ kind: "once", at: now + 1000 })],
  ])("%j: no", (plan) => {
    expect(risks(plan)).toEqual([]);
  });
});

describe("what it may do without asking is a risk", () => {
  it.each([
    [["read_mail", "send_mail"], "with: send_mail."],
    [["mail:*"], "with: send_mail, delete_mail."],
  ])("with approval never and %j: %s", (allowed, words) => {
    expect(risks(daily, "never", allowed)).toEqual([expect.stringContaining(words)]);
  });

  it("only then, and only for tools that change something", () => {
    expect(risks(daily, "never", ["read_mail"])).toEqual([]);
    expect(risks(daily, "never")).toEqual([]);
    expect(risks(daily, "writes", ["send_mail"])).toEqual([]);
    expect(risks(daily, "always", ["mail:*"])).toEqual([]);
  });
});
