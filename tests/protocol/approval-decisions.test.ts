import { describe, expect, it } from "vitest";
import { minute, type WorldOptions } from "../support/world.ts";
import { approvalIn, askingRequest, calledIn, playAsking } from "../support/world-asking.ts";
import { outcomesIn, runsIn } from "../support/world-state.ts";
import { faultOnce } from "../support/world-steps.ts";

describe("a decision", () => {
  it("is one: the same again answers the same and wakes the run once more, the other is refused", async () => {
    const { world, schedule } = await playAsking();
    const id = await approvalIn(world);
    const first = await world.decide({ id, approve: true });
    const again = await world.decide({ id, approve: true });
    expect(again).toEqual({ ...first, kind: "repeated" });
    await expect(world.decide({ id, approve: false })).rejects.toMatchObject({
      message: expect.stringContaining("was approved at"),
      details: { reason: "conflict", decided: "approve" },
    });
    await world.advanceTo(minute(12));
    expect(await world.decide({ id, approve: true })).toMatchObject({
      kind: "repeated",
      run: { outcome: "succeeded" },
    });
    await expect(world.decide({ id, approve: false })).rejects.toMatchObject({ details: { reason: "conflict" } });
    expect(calledIn(world)).toEqual(["send"]);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("of two at the same moment one wins, whoever it is", async () => {
    for (let first = 0; first < 2; first++) {
      const { world, schedule } = await playAsking({ tools: ["send"] }, askingRequest(), {
        pick: (count) => (first < count ? first : 0),
      });
      const id = await approvalIn(world);
      const settled: string[] = [];
      for (const approve of [true, false]) {
        world.at(minute(11), async () => {
          const answer = await world.decide({ id, approve }).then(
            () => "done",
            () => "refused",
          );
          settled.push(`${approve} ${answer}`);
        });
      }
      await world.advanceTo(minute(20));
      const [run] = await runsIn(world, schedule);
      expect(settled.toSorted()).toEqual(
        run?.decision?.approve === true ? ["false refused", "true done"] : ["false done", "true refused"],
      );
      expect(calledIn(world)).toEqual(run?.decision?.approve === true ? ["send"] : []);
    }
  });

  it("that comes too late is refused, and says that silence was a no", async () => {
    const { world, schedule } = await playAsking({ tools: ["send"] }, askingRequest(), {
      settings: { approvalMs: 3_600_000 },
    });
    const id = await approvalIn(world);
    await world.advanceTo(minute(70));
    for (const approve of [true, false]) {
      await expect(world.decide({ id, approve })).rejects.toMatchObject({
        message: expect.stringContaining("expired"),
        details: { reason: "expired" },
      });
    }
    expect(calledIn(world)).toEqual([]);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("that comes after the expiry and before anybody has noticed it is refused, and lets the run go on", async () => {
    const { world, schedule } = await playAsking({ tools: ["send"] }, askingRequest(), {
      settings: { approvalMs: 3_600_000 },
    });
    const id = await approvalIn(world);
    world.messages.take();
    world.switches.delivering = false;
    await world.advanceTo(minute(66));
    await expect(world.decide({ id, approve: true })).rejects.toMatchObject({ details: { reason: "expired" } });
    world.switches.delivering = true;
    await world.advanceTo(minute(68));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    expect(calledIn(world)).toEqual([]);
  });

  it("about an earlier request of the same run is refused", async () => {
    const model: WorldOptions["model"] = ({ turn }) => (turn < 2 ? { tools: ["send"] } : { text: "Done." });
    const { world } = await playAsking({}, askingRequest(), { model });
    const first = await approvalIn(world);
    await world.decide({ id: first, approve: true });
    await world.advanceTo(minute(12));
    await expect(world.decide({ id: first, approve: false })).rejects.toMatchObject({
      details: { reason: "conflict" },
    });
    expect(await world.decide({ id: await approvalIn(world), approve: true })).toMatchObject({ kind: "decided" });
  });

  it("whose maker died before taking the request away leaves none behind, when the run goes on to ask again", async () => {
    const model: WorldOptions["model"] = ({ turn }) => (turn < 2 ? { tools: ["send"] } : { text: "Done." });
    const planFault = faultOnce(({ process, kind }) => process.kind === "user" && kind === "remove", {
      kind: "crash_before",
    });
    const { world } = await playAsking({}, askingRequest(), { model, planFault });
    const id = await approvalIn(world);
    world.at(minute(11), () => world.decide({ id, approve: true }));
    await world.advanceTo(minute(12));
    expect(await approvalIn(world)).not.toBe(id);
  });

  it("about somebody else's run, or about nothing, is answered as unknown", async () => {
    const { world } = await playAsking();
    const id = await approvalIn(world);
    for (const [wrong, owner] of [
      [id, "b2"],
      [`${id}1`, "local"],
      ["x", "local"],
      [id.replace(/\d+$/, "99"), "local"],
    ] as const) {
      const deciding = world.decide({ id: wrong, approve: true }, { owner, name: owner });
      await expect(deciding, wrong).rejects.toMatchObject({
        message: `There is no approval ${JSON.stringify(wrong)}. list_approvals shows what waits for your decision.`,
        details: { reason: "not_found" },
      });
    }
    expect(await world.approvals({ owner: "b2", name: "b2" })).toEqual([]);
  });
});
