import { z } from "zod";
import { parseJson } from "../kernel/json.ts";
import type { Prices } from "../runs/cost.ts";
import type { SettingReader } from "./config.ts";
import { describeSettingIssue, settingWords } from "./setting-issue.ts";

/** What models cost, if the operator says so; nothing depends on it but what is shown. */
export const readPrices = (read: SettingReader): Prices | undefined =>
  read.one<Prices | undefined>("MODEL_PRICES", pricesText, undefined);

const amount = z.number().min(0, "is expected to be 0 or more");

const prices = z
  .strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/, "is expected to be a code of three letters such as EUR"),
    models: z.record(z.string(), z.strictObject({ input: amount, output: amount })),
  })
  .transform(({ currency, models }) => ({ currency, models: new Map(Object.entries(models)) }));

const pricesText = z.string().transform((text, context): Prices => {
  const parsed = prices.safeParse(parseJson(text) ?? text, settingWords);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const problem = issue === undefined ? "" : `; ${describeSettingIssue(issue)}`;
  context.addIssue(`JSON with currency and models is expected, prices for a million tokens${problem}`);
  return z.NEVER;
});
