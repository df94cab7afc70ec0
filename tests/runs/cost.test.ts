import { describe, expect, it } from "vitest";
import { costOf } from "../../shared/runs/cost.ts";
import { type Forecast, forecastOf } from "../../shared/runs/forecast.ts";
import { sampleId } from "../support/sample-records.ts";

const prices = {
  currency: "EUR",
  models: new Map([
    ["mini", { input: 0.25, output: 2 }],
    ["large", { input: 10, output: 30 }],
  ]),
};
const mini = { model: "mini", promptTokens: 1_000_000, completionTokens: 100_000 };

describe("the cost of tokens", () => {
  it("is the sum over the models, by what a million of each costs", () => {
    const large = { model: "large", promptTokens: 1000, completionTokens: 10 };
    expect(costOf([mini, large], prices)).toEqual({ amount: 0.4603, currency: "EUR", unpriced: [] });
    expect(costOf([], prices)).toEqual({ amount: 0, currency: "EUR", unpriced: [] });
  });

  it.each(["mini-2026-08-07", "mini-20260807"])("knows %s, the dated name of a model", (model) => {
    expect(costOf([{ ...mini, model }], prices)?.amount).toBe(0.45);
  });

  it.each(["mini-next", "minimal", "others", "constructor"])("leaves %s out and says so", (model) => {
    expect(costOf([mini, { ...mini, model }], prices)).toEqual({ amount: 0.45, currency: "EUR", unpriced: [model] });
  });

  it("is not known without prices", () => {
    expect(costOf([mini], undefined)).toBeUndefined();
  });
});

describe("the forecast of a schedule's tokens", () => {
  const ended = (promptTokens: number, kind: "planned" | "chat" = "planned") => ({
    scheduleId: sampleId(1),
    key: "p1",
    endedAt: 1,
    outcome: "succeeded" as const,
    kind,
    conversationId: sampleId(2),
    isQuiet: false,
    usage: promptTokens === 0 ? [] : [{ model: "mini", promptTokens, completionTokens: 0 }],
  });
  const forecast = (tokens: number[], runs = 20, known?: typeof prices): Forecast | undefined =>
    forecastOf(
      tokens.map((count) => ended(count)),
      runs,
      known,
    );

  it("is the median of earlier runs times the runs of a month", () => {
    const expected = { tokensPerRun: 100, runsPerMonth: 20, tokensPerMonth: 2000, basedOnRuns: 3 };
    expect(forecast([9000, 100, 1])).toEqual(expected);
    expect(forecast([100, 9000, 1, 200])).toEqual({ ...expected, basedOnRuns: 4 });
    expect(forecast([100, 100, 100], 20, prices)).toEqual({
      ...expected,
      cost: { amount: 0.0005, currency: "EUR", unpriced: [] },
    });
  });

  it("rests on runs that have spoken to a model, and not on talk by hand", () => {
    expect(forecast([0, 0, 100])).toMatchObject({ tokensPerRun: 100, basedOnRuns: 1 });
    expect(forecastOf([ended(100), ended(7, "chat")], 1, undefined)).toMatchObject({ basedOnRuns: 1 });
  });

  it("says nothing where there are none", () => {
    expect(forecast([])).toBeUndefined();
    expect(forecast([0])).toBeUndefined();
  });
});
