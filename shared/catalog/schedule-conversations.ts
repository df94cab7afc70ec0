import pMap from "p-map";
import { z } from "zod";
import type { Events } from "../kernel/events.ts";
import { callTool } from "./call-tool.ts";
import { publishedSchema } from "./published-schema.ts";
import { scheduledOutput } from "./schedule-conversation.ts";
import { type CallContext, type CatalogTool, defineTool } from "./tool.ts";
import { words } from "./views.ts";

/** Items that are worked on at a time. */
const concurrentItems = 10;

const scheduledItem = scheduledOutput.pick({
  result: true,
  schedule_id: true,
  in_words: true,
  next_slots: true,
  warnings: true,
});

const itemResult = scheduledItem.partial().extend({
  index: z.int().min(0).max(99).describe("Place of the item in items, from 0."),
  result: z.enum(["created", "existing", "dry_run", "error"]),
  error: z
    .object({ error: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) })
    .optional()
    .describe("Why this item was not scheduled."),
});
type ItemResult = z.output<typeof itemResult>;

/** Each item goes the way of a call of its own; `single` is schedule_conversation. */
export const createScheduleConversationsTool = (single: CatalogTool, events: Events) =>
  defineTool({
    name: "schedule_conversations",
    title: "Schedule many conversations",
    description:
      "Plans up to 100 conversations at once; each item is what schedule_conversation takes. A wrong item keeps no other from being scheduled: look at the result of each. Give every item an idempotency_key, so that the call can be repeated.",
    toolset: "schedules",
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    example: { items: [{ ...single.example, idempotency_key: "critical-tickets-1" }] },
    input: z.strictObject({
      items: z
        // Published as the item it is to be, and taken as it comes: each item is read on its own.
        .array(z.unknown().meta({ ...publishedSchema(single.input) }))
        .min(1)
        .max(100)
        .describe("What is to be scheduled, each as for schedule_conversation."),
    }),
    output: z.object({
      ...words,
      results: z.array(itemResult).describe("One for each item, in the same order."),
    }),
    async handle({ items }, context) {
      const schedule = (item: unknown, index: number) => scheduleItem(single, item, index, context, events);
      return describe(await pMap(items, schedule, { concurrency: concurrentItems }));
    },
  });

async function scheduleItem(
  single: CatalogTool,
  item: unknown,
  index: number,
  context: CallContext,
  events: Events,
): Promise<ItemResult> {
  const called = await callTool(single, single.name, item, context, events);
  if (called.isError) {
    const { error, message, details } = called.envelope;
    return { index, result: "error", error: { error, message, details } };
  }
  return { index, ...scheduledItem.parse(called.structured) };
}

function describe(results: readonly ItemResult[]) {
  const wrong = results.filter(({ result }) => result === "error");
  const counts = (["created", "existing", "dry_run"] as const)
    .map((kind) => [results.filter(({ result }) => result === kind).length, headline[kind]] as const)
    .filter(([count]) => count > 0)
    .map(([count, text]) => `${count} ${text}`);
  const refused = wrong.map(({ index, error }) => `Item ${index}: ${error?.message}`);
  return {
    summary: [`Of ${results.length}: ${[...counts, `${wrong.length} refused`].join(", ")}.`, ...refused].join(" "),
    next_step:
      wrong.length === 0
        ? "Tell the person when each fires, with the zone."
        : `Mend the refused items and call again with those alone: ${wrong.map(({ index }) => index).join(", ")}.`,
    results: [...results],
  };
}

const headline = {
  created: "scheduled",
  existing: "were scheduled before with this idempotency_key",
  dry_run: "looked at in a dry run",
};
