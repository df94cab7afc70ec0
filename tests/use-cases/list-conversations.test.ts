import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { createListConversations } from "../../shared/use-cases/list-conversations.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { scheduled } from "../mcp/sample-calls.ts";

/** Runs each schedule once by hand, in this order. */
async function runByHand(app: ReturnType<typeof createMemoryApp>, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await app.call("trigger_schedule", { id });
    await app.workQueue();
    app.passTime(minuteMs);
  }
}

describe("the conversations of a caller", () => {
  it("come newest activity first, each once in a page", async () => {
    const app = createMemoryApp();
    const one = await scheduled(app, { name: "One", conversation: "continue" });
    const two = await scheduled(app, { name: "Two", conversation: "continue" });
    await runByHand(app, [one, two, one]);
    const { items, nextCursor } = await createListConversations(app.ports)(localPrincipal, { limit: 10 });
    expect([items.map(({ head }) => head.title), nextCursor]).toEqual([["One", "Two"], undefined]);
    expect(items[0]?.lastRun.scheduleId).toBe(one);
  });

  it("are theirs alone", async () => {
    const app = createMemoryApp();
    await runByHand(app, [await scheduled(app)]);
    const other = { owner: "b2", name: "Ben" };
    expect((await createListConversations(app.ports)(other, { limit: 10 })).items).toEqual([]);
  });

  it("leave out those that are gone, and runs that never had one", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app);
    await app.call("trigger_schedule", { id });
    await app.call("delete_schedule", { id });
    expect((await createListConversations(app.ports)(localPrincipal, { limit: 10 })).items).toEqual([]);
  });
});
