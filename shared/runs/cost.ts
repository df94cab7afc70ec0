import type { ModelUsage } from "../kernel/usage.ts";

/** What a million tokens cost. */
interface Price {
  readonly input: number;
  readonly output: number;
}

export interface Prices {
  /** ISO 4217, such as EUR. */
  readonly currency: string;
  readonly models: ReadonlyMap<string, Price>;
}

export interface Cost {
  readonly amount: number;
  readonly currency: string;
  /** Models that have no price; their tokens are not in the amount. */
  readonly unpriced: readonly string[];
}

const pricedTokens = 1_000_000;

/** undefined where no prices are known at all. */
export function costOf(usage: readonly ModelUsage[], prices: Prices | undefined): Cost | undefined {
  if (prices === undefined) return undefined;
  let amount = 0;
  const unpriced: string[] = [];
  for (const { model, promptTokens, completionTokens } of usage) {
    const price = priceOf(model, prices);
    if (price === undefined) unpriced.push(model);
    else amount += (promptTokens * price.input + completionTokens * price.output) / pricedTokens;
  }
  return { amount: rounded(amount), currency: prices.currency, unpriced };
}

/** Providers answer with the dated name of a model that was asked for without a date: gpt-5-mini-2025-08-07. */
const priceOf = (model: string, { models }: Prices): Price | undefined =>
  models.get(model) ?? models.get(model.replace(/-\d{4}-?\d{2}-?\d{2}$/, ""));

/** A ten-thousandth of a cent: less than a token costs, and free of the noise of adding. */
const rounded = (amount: number): number => Math.round(amount * 1e6) / 1e6;
