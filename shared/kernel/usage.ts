import { z } from "zod";

export const modelUsageSchema = z.object({
  model: z.string(),
  promptTokens: z.number().int(),
  completionTokens: z.number().int(),
});

/** What one model has cost, in tokens. */
export type ModelUsage = Readonly<z.output<typeof modelUsageSchema>>;

/** Both together, by model, in the order in which the models were first asked. */
export function addUsage(usage: readonly ModelUsage[], added: readonly ModelUsage[]): ModelUsage[] {
  const sum = new Map<string, ModelUsage>();
  for (const { model, promptTokens, completionTokens } of [...usage, ...added]) {
    const before = sum.get(model) ?? { promptTokens: 0, completionTokens: 0 };
    sum.set(model, {
      model,
      promptTokens: before.promptTokens + promptTokens,
      completionTokens: before.completionTokens + completionTokens,
    });
  }
  return [...sum.values()];
}

/** Tokens that were sent and those that were written, together. */
export const tokensIn = (usage: readonly ModelUsage[]): number =>
  usage.reduce((sum, { promptTokens, completionTokens }) => sum + promptTokens + completionTokens, 0);

/** Nobody uses more at a time, and what is kept of them must stay small whatever a provider calls its models. */
const keptModels = 8;
const keptCharacters = 64;

/** The same tokens under at most eight names, cut to 64 characters; the last name stands for all further models. */
export function withFewModels(usage: readonly ModelUsage[]): ModelUsage[] {
  const named = usage.map((entry, index) => ({
    ...entry,
    model: index < keptModels - 1 || usage.length === keptModels ? entry.model.slice(0, keptCharacters) : "others",
  }));
  return addUsage([], named);
}
