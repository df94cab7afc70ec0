import { expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { itemsOf, scheduled } from "../mcp/sample-calls.ts";
import { startBackend } from "../support/backend.ts";
import type { Intercept } from "../support/memory-ports.ts";

it("creates one ticket with one key in a run whose process dies before it has noted the ticket", async () => {
  await using served = await startBackend();
  const posts = () => served.seen.filter(({ method }) => method === "POST");
  let isRevived = false;
  const intercept: Intercept = async (_operation, perform) => {
    // From the moment in which the backend has the ticket, this process reaches nothing any more.
    if (posts().length > 0 && !isRevived) throw new Error("The process has died.");
    return perform();
  };
  const app = createMemoryApp({ backend: served.backend, intercept });
  const prompt = 'Create a ticket "Printer in the hall" about the printer that jams.';
  const scheduleId = await scheduled(app, { prompt, allowed_tools: ["create_ticket"] });
  const [opened] = itemsOf<{ id: string }>(await app.call("trigger_schedule", { id: scheduleId }), "runs");
  await app.workQueue().catch(() => undefined);
  expect(posts()).toHaveLength(1);

  isRevived = true;
  app.passTime(5 * minuteMs);
  const key = opened?.id.slice(scheduleId.length + 1) ?? "";
  await app.ports.queue.enqueue({ v: 1, scheduleId, key }, 0);
  await app.workQueue();

  const { structured } = await app.call("get_run", { id: opened?.id });
  expect(structured).toMatchObject({ run: { outcome: "succeeded", pick_ups: 2, tool_calls: 1 } });
  const keys = posts().map(({ headers }) => headers.get("idempotency-key"));
  expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  const tickets = await app.call("list_tickets", { status: "open", limit: 100 });
  const titles = itemsOf<{ title: string }>(tickets, "items").map(({ title }) => title);
  expect(titles.filter((title) => title === "Printer in the hall")).toHaveLength(1);
});
