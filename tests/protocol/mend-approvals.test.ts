import { describe, expect, it } from "vitest";
import { approvalName } from "../../shared/azure/storage/names.ts";
import { type Approval, approvalId } from "../../shared/runs/approval.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { outcomesIn, runsIn } from "../support/world-state.ts";

/** A run that waits since minute 5, and its request. */
async function waiting(options: WorldOptions = {}) {
  const model: WorldOptions["model"] = ({ turn }) => (turn === 0 ? { tools: ["send"] } : { text: "Done." });
  const world = createWorld({ model, ...options });
  const timing = { run_at: minuteIso(5) };
  const schedule = await world.schedule({ timing, conversation: "continue", allowedTools: ["desk:*"] });
  await world.advanceTo(minute(20));
  const [request] = await world.approvals();
  return { world, schedule, request: request as Approval };
}

const shownIn = (world: World) => world.blobs.names().filter((name) => name.startsWith("approvals/"));

/** What the repair mends, and that it mends nothing the second time. */
async function mended({ reconcile }: World) {
  const first = await reconcile();
  expect((await reconcile()).mended).toEqual({});
  return first.mended;
}

describe("the hourly repair", () => {
  it("leaves a run alone that waits, and what it waits for", async () => {
    const { world } = await waiting();
    expect(await mended(world)).toEqual({});
    expect(shownIn(world)).toHaveLength(1);
  });

  it("makes a request visible again that storage has lost, from what the log tells", async () => {
    const { world, schedule, request } = await waiting();
    await world.blobs.remove(approvalName(request));
    expect(await mended(world)).toEqual({ approval_created: 1 });
    expect(await world.approvals()).toEqual([request]);
    await world.decide({ id: approvalId(request), approve: true });
    await world.advanceTo(minute(25));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("sets a damaged request aside and writes it anew; until then lists leave it out, and it can be decided", async () => {
    const { world, request } = await waiting();
    await world.blobs.write(approvalName(request), "{", { condition: "always" });
    expect(await world.approvals()).toEqual([]);
    expect(world.recorded).toContainEqual(expect.objectContaining({ name: "storage.damaged" }));
    expect(await mended(world)).toEqual({ damage_set_aside: 1, approval_created: 1 });
    expect(world.blobs.names()).toContain(`quarantine/${approvalName(request)}`);
    expect(await world.approvals()).toEqual([request]);
  });

  it("wakes a run whose request has expired when the message of its expiry was lost", async () => {
    const losingFarOnes = { deliverAfter: (seconds: number) => (seconds > 600 ? [] : [seconds]) };
    const { world, schedule } = await waiting({ settings: { approvalMs: 3_600_000 }, ...losingFarOnes });
    await world.advanceTo(minute(71));
    expect(await outcomesIn(world, schedule)).toEqual(["waiting_approval"]);
    expect((await world.reconcile()).mended).toEqual({ run_woken: 1 });
    await world.advanceTo(minute(72));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    expect(world.toolCalls).toEqual([]);
  });

  it("wakes a run that was decided about when its message was lost", async () => {
    let isLosing = false;
    const losing = { deliverAfter: (seconds: number) => (isLosing ? [] : [seconds]) };
    const { world, schedule, request } = await waiting(losing);
    isLosing = true;
    await world.decide({ id: approvalId(request), approve: true });
    isLosing = false;
    await world.advanceTo(minute(30));
    expect(await outcomesIn(world, schedule)).toEqual(["queued"]);
    expect((await world.reconcile()).mended).toEqual({ run_woken: 1 });
    await world.advanceTo(minute(31));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("removes requests that nobody waits with: decided, of ended runs, of runs that are not there", async () => {
    const { world, schedule, request } = await waiting();
    const [run] = await runsIn(world, schedule);
    await world.ports.approvals.create({ ...request, step: 1 });
    await world.ports.approvals.create({ ...request, key: "p1" });
    const foreign = "local-00000000-0000-7000-8000-00000000ffff";
    await world.ports.approvals.create({ ...request, scheduleId: foreign });
    expect(await mended(world)).toEqual({ approval_removed: 3 });
    expect(shownIn(world)).toEqual([approvalName(request)]);
    await world.cancel(`${schedule.id}.${run!.key}`);
    await world.ports.approvals.create(request);
    expect(await mended(world)).toEqual({ approval_removed: 1 });
  });

  it("leaves a request alone whose run is about to wait", async () => {
    const { world, schedule, request } = await waiting();
    const current = await world.ports.runs.read(request);
    const { waiting: _waiting, ...run } = current!.value;
    await world.ports.runs.replace({ ...run, state: "running" }, current!.version);
    await world.reconcile();
    expect(shownIn(world)).toEqual([approvalName(request)]);
    await expect(world.decide({ id: approvalId(request), approve: true })).rejects.toMatchObject({
      details: { reason: "not_ready" },
    });
    await world.advanceTo(minute(30));
    expect(await outcomesIn(world, schedule)).toEqual(["waiting_approval"]);
    expect(await world.approvals()).toEqual([request]);
  });

  it("gives a waiting run its record back when that was lost: it asks again what it asked", async () => {
    const { world, schedule, request } = await waiting();
    const name = world.blobs.names().find((blob) => blob.startsWith("runs/")) ?? "";
    await world.blobs.remove(name);
    expect((await world.reconcile()).mended).toMatchObject({ run_created: 1 });
    await world.advanceTo(minute(30));
    expect(await world.approvals()).toEqual([request]);
    await world.decide({ id: approvalId(request), approve: true });
    await world.advanceTo(minute(35));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    expect(world.toolCalls).toHaveLength(1);
  });
});
