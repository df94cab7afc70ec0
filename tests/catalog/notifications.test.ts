import { describe, expect, it } from "vitest";
import { hourMs } from "../../shared/kernel/clock.ts";
import { createMemoryApp, type MemoryAppOptions } from "../mcp/memory-app.ts";
import { scheduled } from "../mcp/sample-calls.ts";

const url = "https://hooks.contoso.com/reports?sig=topsecret";
const shown = "https://hooks.contoso.com/reports?***";
const hourly = { name: "A", prompt: "What is a critical ticket?", every_minutes: 60 };

const notify = { format: "standard", takesUrls: true, isLocal: false } as const;

async function appWithOne(input: object, options: MemoryAppOptions = {}) {
  const app = createMemoryApp(options);
  const { structured } = await app.call("schedule_conversation", { ...hourly, ...input });
  const id = String(structured?.schedule_id);
  return { app, id, update: (change: object) => app.call("update_schedule", { id, ...change }) };
}

describe("where a schedule tells what happens", () => {
  it("is shown without its key by every tool, as is what it tells", async () => {
    const { app, id } = await appWithOne({ notify: "always", notify_url: url });
    for (const answer of [
      await app.call("get_schedule", { id }),
      await app.call("update_schedule", { id, name: "B" }),
    ]) {
      expect(answer.text).toContain(shown);
      expect(answer.text).not.toContain("topsecret");
    }
    const { structured } = await app.call("get_schedule", { id });
    expect(structured?.schedule).toMatchObject({ notify: "always", notify_url: shown });
  });

  it("is on_failure at the operator's address without a word about it", async () => {
    const { app, id } = await appWithOne({});
    const { structured } = await app.call("get_schedule", { id });
    expect(structured?.schedule).toMatchObject({ notify: "on_failure" });
    expect(structured?.schedule).not.toHaveProperty("notify_url");
  });

  it.each([
    { input: { notify_url: url }, operator: undefined, told: shown },
    { input: { notify_url: url }, operator: "https://operator.contoso.com/x", told: shown },
    { input: {}, operator: "https://operator.contoso.com/x?key=1", told: "https://operator.contoso.com/x?***" },
    { input: {}, operator: undefined, told: undefined },
    { input: { notify: "never", notify_url: url }, operator: undefined, told: undefined },
  ])("is said by a dry run: $input, operator's $operator", async ({ input, operator, told }) => {
    const app = createMemoryApp({ settings: { notify: { ...notify, url: operator } } });
    const { structured, text } = await app.call("schedule_conversation", { ...hourly, ...input, dry_run: true });
    expect(structured?.preflight).toMatchObject({ tools: expect.any(Array) });
    const { notifies } = (structured?.preflight ?? {}) as { notifies?: string };
    expect(notifies).toBe(told);
    expect(text.includes("What happens is told at")).toBe(told !== undefined);
  });

  it("can be changed, and the change is said without a key", async () => {
    const { update } = await appWithOne({ notify_url: url });
    expect((await update({ notify: "on_change" })).structured?.changes).toEqual([
      'notify is now "on_change", it was "on_failure".',
    ]);
    const other = await update({ notify_url: "https://hooks.contoso.com/reports?sig=another" });
    expect(other.structured?.changes).toEqual(["notify_url has another key."]);
    expect((await update({ clear: ["notify_url"] })).structured?.changes).toEqual([
      `notify_url is removed; it was ${JSON.stringify(shown)}.`,
    ]);
    const both = await update({ clear: ["notify_url"], notify_url: url });
    expect(both.error).toMatchObject({ error: "VALIDATION_ERROR", details: { field: "clear" } });
  });

  it.each([
    { notify_url: "http://hooks.contoso.com/", says: "has to begin with https://" },
    { notify_url: "ftp://hooks.contoso.com/", says: "has to begin with https://" },
    { notify_url: "hooks.contoso.com", says: "is no address" },
    { notify_url: "https://me:pass@hooks.contoso.com/", says: "must not hold a user name or password" },
  ])("cannot be $notify_url, at creation or later", async ({ notify_url, says }) => {
    const { app, update } = await appWithOne({});
    for (const answer of [
      await app.call("schedule_conversation", { ...hourly, notify_url }),
      await update({ notify_url }),
    ]) {
      expect(answer.error).toMatchObject({ error: "VALIDATION_ERROR", details: { field: "notify_url" } });
      expect(answer.error?.message).toContain(says);
    }
  });

  it("may begin with http:// in local work, and may not be given at all where nothing can be signed", async () => {
    const local = createMemoryApp({ settings: { notify: { ...notify, isLocal: true } } });
    const notify_url = "http://127.0.0.1:9000/hook";
    expect((await local.call("schedule_conversation", { ...hourly, notify_url })).error).toBeUndefined();
    const unsigned = createMemoryApp({ settings: { notify: { ...notify, takesUrls: false } } });
    const { error } = await unsigned.call("schedule_conversation", { ...hourly, notify_url: url });
    expect(error?.message).toContain("NOTIFY_SECRET");
  });
});

describe("what became of a notification", () => {
  it.each([
    { state: "delivered", status: 200, delivery: { kind: "delivered", status: 200 }, says: false },
    { state: "failed", status: 410, delivery: { kind: "failed", problem: "gone", status: 410 }, says: true },
  ] as const)("is in get_run and what_happened: $state", async ({ state, status, delivery, says }) => {
    const app = createMemoryApp({ notifier: { deliver: async () => delivery } });
    const id = await scheduled(app, { notify: "always", notify_url: url });
    await app.call("trigger_schedule", { id });
    await app.workQueue();
    await app.workQueue();
    app.passTime(hourMs);
    await app.workQueue();
    const { structured: happened, text } = await app.call("what_happened");
    const notifications = [expect.objectContaining({ event: "run_finished", state, attempts: 1, http_status: status })];
    const [finished] = (happened?.finished ?? []) as { run_id: string }[];
    expect(finished).toMatchObject({ notifications });
    expect(text.includes("a notification was given up")).toBe(says);
    const run = await app.call("get_run", { id: finished?.run_id });
    expect(run.structured?.run).toMatchObject({ notifications });
    expect(run.text.includes("A notification about it was given up")).toBe(says);
  });
});
