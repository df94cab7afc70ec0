import { describe, expect, it } from "vitest";
import { hourMs } from "../../shared/kernel/clock.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { itemsOf, oneWaiting, scheduled } from "../mcp/sample-calls.ts";
import { sampleApproval } from "../support/sample-records.ts";

const ben = { owner: "b2", name: "Ben" };

describe("list_approvals", () => {
  it("shows what a run wants to do, with what, and until when it can be decided", async () => {
    const app = createMemoryApp();
    const { approvalId, runId } = await oneWaiting(app);
    const { structured } = await app.call("list_approvals");
    expect(structured).toMatchObject({
      summary: '"Morning report" wants to call send({"to":"überall"}); decide before 2026-11-21T09:00:00.000Z.',
      approvals: [{ id: approvalId, run_id: runId, calls: [{ tool: "send", arguments: '{"to":"überall"}' }] }],
    });
    expect(structured?.next_step).toContain("decide_approval");
  });

  it("costs a list and a read for each", async () => {
    const app = createMemoryApp();
    for (let count = 0; count < 3; count++) await oneWaiting(app);
    app.takeStorageCalls();
    await app.call("list_approvals");
    expect(app.takeStorageCalls().map((call) => call.split(" ")[0])).toEqual(["listPage", "read", "read", "read"]);
  });

  it("goes on page by page, and leaves out what has expired", async () => {
    const app = createMemoryApp();
    for (let count = 0; count < 3; count++) await oneWaiting(app);
    const first = await app.call("list_approvals", { limit: 2 });
    const second = await app.call("list_approvals", { limit: 2, cursor: first.structured?.next_cursor });
    expect([first, second].map((page) => itemsOf(page, "approvals").length)).toEqual([2, 1]);
    expect(second.structured?.next_cursor).toBeUndefined();
    app.passTime(24 * hourMs);
    expect((await app.call("list_approvals")).structured).toMatchObject({
      summary: "Nothing waits for a decision.",
      approvals: [],
    });
  });

  it("cuts arguments that are longer than a person reads, and says where the rest is", async () => {
    const app = createMemoryApp();
    const scheduleId = await scheduled(app);
    const now = app.ports.clock.now();
    const calls = [{ id: "c", name: "send", arguments: `{"text":"${"x".repeat(100_000)}"}` }];
    await app.ports.approvals.create(sampleApproval({ scheduleId, owner: "local", calls, expiresAt: now + hourMs }));
    const { text } = await app.call("list_approvals");
    expect(text.length).toBeLessThan(10_000);
    expect(text).toContain("get_conversation shows them all");
  });

  it("shows nobody what waits for others", async () => {
    const app = createMemoryApp();
    await oneWaiting(app);
    expect((await app.call("list_approvals", {}, ben)).structured?.approvals).toEqual([]);
  });
});

describe("decide_approval", () => {
  it.each([
    ["approve", true, "Approved: the run makes the calls."],
    ["deny", false, "Denied: the run goes on without the calls."],
  ])("%s is carried out once and answers the same again", async (decision, approve, summary) => {
    const app = createMemoryApp();
    const { approvalId, runId } = await oneWaiting(app);
    const input = { id: approvalId, decision, note: "By phone." };
    const { structured } = await app.call("decide_approval", input);
    expect(structured).toMatchObject({ result: "decided", decision, summary, run: { id: runId, state: "queued" } });
    expect((await app.call("decide_approval", input)).structured).toMatchObject({ result: "repeated", decision });
    const key = runId.slice(runId.indexOf(".") + 1);
    const scheduleId = runId.slice(0, runId.indexOf("."));
    const record = (await app.ports.runs.read({ scheduleId, key }))?.value;
    expect(record?.decision).toMatchObject({ approve, by: "owner", note: "By phone." });
    expect((await app.call("list_approvals")).structured?.approvals).toEqual([]);
  });

  it("refuses the opposite of what was decided", async () => {
    const app = createMemoryApp();
    const { approvalId } = await oneWaiting(app);
    await app.call("decide_approval", { id: approvalId, decision: "deny" });
    const { error } = await app.call("decide_approval", { id: approvalId, decision: "approve" });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { reason: "conflict", decided: "deny" } });
    expect(error?.message).toContain("was denied at 2026-11-20T09:00:00.000Z");
    expect(error?.message).toContain("cancel_run ends the run.");
  });

  it("does not advise to end a run that has ended", async () => {
    const app = createMemoryApp();
    const { approvalId, runId } = await oneWaiting(app);
    await app.call("decide_approval", { id: approvalId, decision: "approve" });
    await app.call("cancel_run", { id: runId });
    const { error } = await app.call("decide_approval", { id: approvalId, decision: "deny" });
    expect(error?.message).toMatch(/was approved at .* cannot be taken back\. The run has ended\.$/);
  });

  it("leaves no step under way in a run that is cancelled while it waits", async () => {
    const app = createMemoryApp();
    const { runId } = await oneWaiting(app);
    const { structured } = await app.call("cancel_run", { id: runId });
    expect(structured).toMatchObject({ result: "cancelled", next_step: "Nothing more to do." });
  });

  it("costs four storage calls", async () => {
    const app = createMemoryApp();
    const { approvalId } = await oneWaiting(app);
    app.takeStorageCalls();
    await app.call("decide_approval", { id: approvalId, decision: "approve" });
    expect(app.takeStorageCalls().map((call) => call.split(" ")[0])).toEqual(["read", "write", "send", "remove"]);
  });

  it("answers a foreign request as an unknown one, without a storage call", async () => {
    const app = createMemoryApp();
    const { approvalId } = await oneWaiting(app);
    app.takeStorageCalls();
    const foreign = await app.call("decide_approval", { id: approvalId, decision: "approve" }, ben);
    expect(app.takeStorageCalls()).toEqual([]);
    const unknown = approvalId.replace(/\d+$/, "999");
    const { error } = await app.call("decide_approval", { id: unknown, decision: "approve" });
    expect(foreign.error?.details).toEqual({ reason: "not_found" });
    expect(foreign.error?.message.replace(approvalId, "ID")).toBe(error?.message.replace(unknown, "ID"));
  });

  it.each([
    ["expired", 24 * hourMs, "undecided, which counts as denied"],
    ["ended", 0, "The run has ended (cancelled, cancelled_by_caller)"],
  ])("says that it is too late for a request whose run has %s", async (reason, later, words) => {
    const app = createMemoryApp();
    const { approvalId, runId } = await oneWaiting(app);
    app.passTime(later);
    if (reason === "ended") await app.call("cancel_run", { id: runId });
    const { error } = await app.call("decide_approval", { id: approvalId, decision: "approve" });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { reason } });
    expect(error?.message).toContain(words);
  });

  it.each([
    [{ decision: "yes" }, "decision"],
    [{ decision: "approve", note: "x".repeat(501) }, "note"],
    [{}, "decision"],
  ])("refuses %j and names the field", async (input, field) => {
    const app = createMemoryApp();
    const { approvalId } = await oneWaiting(app);
    const { error } = await app.call("decide_approval", { id: approvalId, ...input });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { fields: [field] } });
  });

  it("is never offered to a run, whatever its schedule allows: a model must not approve its own calls", async () => {
    const { toolbox } = createMemoryApp();
    const names = (await toolbox.list()).map(({ name }) => name);
    expect(names).toContain("list_approvals");
    expect(names).not.toContain("decide_approval");
    const { signal } = new AbortController();
    const call = { name: "decide_approval", arguments: "{}", owner: "local", idempotencyKey: "k", signal };
    expect(await toolbox.call(call)).toMatchObject({ isError: true, content: expect.stringContaining("no tool") });
  });
});

describe("a run that waits for approval", () => {
  it("is shown by get_run with what it waits for", async () => {
    const app = createMemoryApp();
    const { approvalId, runId } = await oneWaiting(app);
    const { structured } = await app.call("get_run", { id: runId });
    expect(structured).toMatchObject({
      run: {
        state: "waiting_approval",
        waits_for: { approval_id: approvalId, expires_at: "2026-11-21T09:00:00.000Z" },
      },
      approval: { id: approvalId, calls: [{ tool: "send" }] },
    });
    expect(structured?.summary).toContain("It waits for a decision about send(");
    expect(structured?.next_step).toContain(approvalId);
  });

  it.each([{ state: "waiting_approval" }, { state: "open" }, { outcome: "waiting_approval" }])(
    "is found by list_runs with %j, of one schedule and of all",
    async (filter) => {
      const app = createMemoryApp();
      const { scheduleId, runId } = await oneWaiting(app);
      await app.call("trigger_schedule", { id: await scheduled(app) });
      for (const input of [filter, { ...filter, schedule_id: scheduleId }]) {
        const runs = itemsOf<{ id: string }>(await app.call("list_runs", input), "runs").map(({ id }) => id);
        expect(runs).toContain(runId);
        expect(runs.length).toBe("state" in filter && filter.state === "open" && input === filter ? 2 : 1);
      }
    },
  );

  it("has no outcome to ask for beside", async () => {
    const { error } = await createMemoryApp().call("list_runs", { state: "waiting_approval", outcome: "failed" });
    expect(error?.details).toEqual({ field: "outcome" });
  });
});

describe("the policy approval", () => {
  it.each(["never", "writes", "always"])("%s is kept and shown; writes is what holds otherwise", async (approval) => {
    const app = createMemoryApp();
    const id = await scheduled(app, { policies: { approval } });
    expect((await app.call("get_schedule", { id })).structured?.schedule).toMatchObject({ policies: { approval } });
    const other = await scheduled(app);
    const { structured } = await app.call("get_schedule", { id: other });
    expect(structured?.schedule).toMatchObject({ policies: { approval: "writes" } });
  });

  it("can be changed, and the change is said", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app);
    const { structured } = await app.call("update_schedule", { id, policies: { approval: "always" } });
    expect(structured?.changes).toEqual(['approval is now "always", it was "writes".']);
  });

  it("is refused when it is none of the three", async () => {
    const { error } = await createMemoryApp().call("schedule_conversation", { policies: { approval: "maybe" } });
    expect(error?.details.fields).toContain("policies.approval");
  });
});
