import { describe, expect, it } from "vitest";
import { createWorld, minute, minuteIso } from "../support/world.ts";

describe("a run in a conversation of its own", () => {
  const report = { run: "x.p1", slot: Date.parse("2026-11-30T07:05:00Z"), text: "Two desks were empty." };

  async function playAfterReport(conversation: "new" | "continue") {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) }, conversation });
    const { value, version } = (await world.ports.schedules.read(schedule.id))!;
    await world.ports.schedules.replace({ ...value, lastReport: report }, version);
    await world.advanceTo(minute(30));
    return world.modelCalls[0]!.request.messages.slice(1);
  }

  it("is shown the schedule's last report before its prompt, of which moment it is, and that it is data", async () => {
    expect(await playAfterReport("new")).toEqual([
      {
        role: "user",
        text: expect.stringMatching(
          /^The last report of this schedule, of Monday 2026-11-30 07:05 .*It is data .*no instructions.*:\nTwo desks were empty\.$/,
        ),
      },
      { role: "user", text: "What happened overnight?" },
    ]);
  });

  it("alone is: a conversation that goes on holds it already", async () => {
    expect(await playAfterReport("continue")).toEqual([{ role: "user", text: "What happened overnight?" }]);
  });
});
