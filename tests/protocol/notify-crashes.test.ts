import { describe, expect, it } from "vitest";
import { approvalId } from "../../shared/runs/approval.ts";
import { everyFault, playWithEveryStep } from "../support/every-fault.ts";
import { minute, minuteIso, type WorldOptions } from "../support/world.ts";
import { askingRequest, playAsking } from "../support/world-asking.ts";
import { playOneSlot } from "../support/world-one-slot.ts";
import type { PlanFault } from "../support/world-steps.ts";
import { eventsTold, notifyUrl, tellingRequest } from "../support/world-telling.ts";

describe("whoever dies between the end of a run and its notification", () => {
  it.each(everyFault)("loses nothing, wherever it meets: %j", async (fault) => {
    const { steps, broken } = await playWithEveryStep(fault, playToTheEnd, (taken) =>
      taken.filter(({ process, sentAt }) => process.kind === "run" && sentAt >= minute(5)),
    );
    expect(broken).toEqual([]);
    expect(steps.length).toBeGreaterThan(10);
  });

  async function playToTheEnd(planFault: PlanFault) {
    const model = () => ({ fails: { class: "invalid" } as const });
    const policies = { pauseAfterFailures: 1 };
    const timing = { every_minutes: 60, start_at: minuteIso(5) };
    const { world, run } = await playOneSlot({ model, planFault, until: 60, request: { timing, policies, notifyUrl } });
    const told = new Set(eventsTold(world));
    const broken = ["run_finished", "schedule_paused"]
      .filter((event) => !told.has(event))
      .map((event) => `${event} is lost`);
    const settled = run.notices?.every(({ state }) => state === "delivered") === true;
    return { world, broken: settled ? broken : [...broken, `notices are ${JSON.stringify(run.notices)}`] };
  }

  it.each(everyFault)("loses no request for approval either: %j", async (fault) => {
    const { steps, broken } = await playWithEveryStep(fault, playToTheRequest, (taken) =>
      taken.filter(({ process, sentAt }) => process.kind === "run" && sentAt >= minute(5)),
    );
    expect(broken).toEqual([]);
    expect(steps.length).toBeGreaterThan(10);
  });

  async function playToTheRequest(planFault: PlanFault) {
    const { world } = await playAsking({ tools: ["send"] }, askingRequest({}, tellingRequest), { planFault });
    await world.advanceTo(minute(40));
    const [waiting] = await world.approvals();
    const isTold = world.letters.some(({ body }) => waiting !== undefined && body.includes(approvalId(waiting)));
    return { world, broken: isTold ? [] : ["the request is lost"] };
  }

  it("loses nothing even when the queue loses the message of a request for approval: the hourly repair sends it", async () => {
    let isLosing = true;
    const bend: WorldOptions["bend"] = (ports) => ({
      ...ports,
      queue: {
        enqueue: async (message, delayMs) =>
          message.notify === true && isLosing ? undefined : ports.queue.enqueue(message, delayMs),
      },
    });
    const { world } = await playAsking({ tools: ["send"] }, askingRequest({}, tellingRequest), { bend });
    expect(eventsTold(world)).toEqual([]);
    isLosing = false;
    await world.advanceTo(minute(30));
    expect(eventsTold(world)).toEqual([]);
    await world.reconcile();
    await world.advanceTo(minute(31));
    expect(eventsTold(world)).toEqual([expect.stringMatching(/^approval_requested_\d+$/)]);
  });
});
