import { describe, expect, it } from "vitest";
import { maxOutputTokens, tokensLeft } from "../../shared/runs/budget.ts";
import { sampleSchedule } from "../support/sample-records.ts";

const december = Date.parse("2026-12-15T12:00:00Z");

function left(limits: { run?: number; month?: number; used?: number; in?: string }, spent: number, now = december) {
  const { definition } = sampleSchedule();
  const { run = 1000, month, used = 0, in: usedIn = "2026-12" } = limits;
  const policies = {
    ...definition.policies,
    maxTokensPerRun: run,
    ...(month === undefined ? {} : { maxTokensPerMonth: month }),
  };
  const usage = { month: usedIn, promptTokens: used, completionTokens: 0, runs: 1, models: [] };
  return tokensLeft({ definition: { ...definition, policies }, usage }, spent, now);
}

describe("what a run may still spend", () => {
  it("is what its own tokens leave of its limit", () => {
    expect(left({}, 300)).toEqual({ tokens: 700, limit: "run_tokens" });
    expect(left({}, 1200)).toEqual({ tokens: -200, limit: "run_tokens" });
  });

  it("is what this run and the month's others leave of the month, when that is less", () => {
    expect(left({ month: 5000, used: 4500 }, 300)).toEqual({ tokens: 200, limit: "month_tokens" });
    expect(left({ month: 5000, used: 4000 }, 300)).toEqual({ tokens: 700, limit: "run_tokens" });
  });

  it("does not count what was used in another month, which begins at midnight in the schedule's zone", () => {
    const beforeMidnight = Date.parse("2026-12-31T22:59:00Z");
    const limits = { month: 5000, used: 5000 };
    expect(left(limits, 0, beforeMidnight).tokens).toBe(0);
    expect(left(limits, 0, beforeMidnight + 60_000).tokens).toBe(1000);
  });
});

describe("the limit of an answer", () => {
  it("is what is left where that is less than every model can write", () => {
    expect(maxOutputTokens({ tokens: 4095, limit: "run_tokens" })).toBe(4095);
    expect(maxOutputTokens({ tokens: 4096, limit: "run_tokens" })).toBeUndefined();
  });
});
