import { describe, expect, it } from "vitest";
import type { Policies } from "../../shared/schedule/policies.ts";
import { minute } from "../support/world.ts";
import { approvalIn, askingRequest, calledIn, playAsking } from "../support/world-asking.ts";
import { outcomesIn } from "../support/world-state.ts";

describe("which calls wait", () => {
  const outcomeWith = async (policies: Partial<Policies>, allowedTools: string[], tool: string) => {
    const { world, schedule } = await playAsking({ tools: [tool] }, askingRequest(policies, { allowedTools }));
    return (await outcomesIn(world, schedule))[0];
  };

  it.each([
    ["never", ["desk:*"], "send", "succeeded"],
    ["writes", ["desk:*"], "send", "waiting_approval"],
    ["writes", ["desk:*", "send"], "send", "succeeded"],
    ["writes", ["desk:*"], "look_up", "succeeded"],
    ["always", ["look_up"], "look_up", "waiting_approval"],
    ["always", ["send"], "send", "waiting_approval"],
  ] as const)("approval %s with the allow list %j: a call of %s is %s", async (approval, allowed, tool, expected) => {
    expect(await outcomeWith({ approval }, [...allowed], tool)).toBe(expected);
  });

  it("is read anew when the run goes on: what a change has allowed meanwhile needs nobody, a denial stays one", async () => {
    const { world, schedule } = await playAsking();
    await world.update({ id: schedule.id, change: { policies: { approval: "never" } } });
    await world.decide({ id: await approvalIn(world), approve: false });
    await world.advanceTo(minute(12));
    expect(calledIn(world)).toEqual([]);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("asks again for what a change has forbidden while the run waited", async () => {
    const { world, schedule } = await playAsking({ tools: ["look_up", "send"] });
    await world.update({ id: schedule.id, change: { policies: { approval: "always" } } });
    await world.decide({ id: await approvalIn(world), approve: true });
    await world.advanceTo(minute(12));
    expect(calledIn(world)).toEqual([]);
    expect((await world.approvals()).map(({ calls }) => calls.map(({ name }) => name))).toEqual([["look_up"]]);
    await world.decide({ id: await approvalIn(world), approve: true });
    await world.advanceTo(minute(14));
    expect(calledIn(world)).toEqual(["look_up", "send"]);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });
});
