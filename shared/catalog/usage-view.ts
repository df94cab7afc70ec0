import { z } from "zod";
import type { ModelUsage } from "../kernel/usage.ts";
import type { Cost } from "../runs/cost.ts";

const count = (description: string) => z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe(description);

export const costView = z.object({
  amount: z.number().min(0).max(1_000_000_000).describe("By the operator's price table."),
  currency: z.string().describe("ISO 4217."),
  models_without_price: z.array(z.string()).optional().describe("Their tokens are not in the amount."),
});

const viewCost = ({ amount, currency, unpriced }: Cost): z.output<typeof costView> => ({
  amount,
  currency,
  ...(unpriced.length === 0 ? {} : { models_without_price: [...unpriced] }),
});

/** For answers that leave the cost out where no prices are known. */
export const costPart = (cost: Cost | undefined) => (cost === undefined ? {} : { cost: viewCost(cost) });

/** `, about 0.42 EUR`, or nothing. */
export const costText = (cost: Cost | undefined): string =>
  cost === undefined ? "" : `, about ${cost.amount < 1 ? cost.amount : cost.amount.toFixed(2)} ${cost.currency}`;

export const modelUsageView = z.object({
  model: z.string().describe("As the provider calls it."),
  prompt_tokens: count("Tokens sent to it."),
  completion_tokens: count("Tokens it wrote."),
});

export const viewModelUsage = ({
  model,
  promptTokens,
  completionTokens,
}: ModelUsage): z.output<typeof modelUsageView> => ({
  model,
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
});
