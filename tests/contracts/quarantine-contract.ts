import { describe, expect, it } from "vitest";
import type { Blobs } from "../../shared/azure/storage/blobs.ts";
import { headName, runName, scheduleName, segmentName } from "../../shared/azure/storage/names.ts";
import { createQuarantine } from "../../shared/azure/storage/quarantine.ts";
import type { Damage, Quarantine } from "../../shared/kernel/damage.ts";
import { sampleId, sampleRun } from "../support/sample-records.ts";

const run = sampleRun();
const kinds: readonly { damage: Damage; name: string }[] = [
  { damage: { kind: "schedule", id: sampleId(1) }, name: scheduleName(sampleId(1)) },
  { damage: { kind: "run", id: `${run.scheduleId}/${run.key}` }, name: runName(run) },
  { damage: { kind: "conversation head", id: sampleId(9) }, name: headName(sampleId(9)) },
  { damage: { kind: "conversation segment", id: `${sampleId(9)}/3` }, name: segmentName(sampleId(9), 3) },
];
const schedule = kinds[0]!;

/** What every quarantine does. `create` gives an empty container and a quarantine on it. */
export function describeQuarantineContract(name: string, create: () => { blobs: Blobs; quarantine: Quarantine }): void {
  describe(`${name}: quarantine`, () => {
    it.each(kinds)("moves a damaged $damage.kind, byte for byte and with the time", async ({ damage, name: from }) => {
      const { blobs, quarantine } = create();
      const bytes = Buffer.from([0x7b, 0xff, 0x0a]);
      await blobs.write(from, bytes, { condition: "always" });
      expect(await quarantine.moveAside(damage)).toEqual({ outcome: "moved", to: `quarantine/${from}` });
      expect(await blobs.read(from)).toBeUndefined();
      expect(await blobs.readBytes(`quarantine/${from}`)).toMatchObject({ bytes });
      const { metadata } = (await blobs.properties(`quarantine/${from}`))!;
      expect(metadata).toEqual({ quarantinedat: expect.stringMatching(/^\d{4}-.*Z$/) });
    });

    it("overwrites nothing when the same blob is damaged again", async () => {
      const { blobs, quarantine } = create();
      for (const text of ["{", "[", "{"]) {
        await blobs.write(schedule.name, text, { condition: "always" });
        await quarantine.moveAside(schedule.damage);
      }
      expect(await blobs.read(`quarantine/${schedule.name}`)).toMatchObject({ text: "{" });
      expect(await blobs.read(`quarantine/${schedule.name}.1`)).toMatchObject({ text: "[" });
      expect(await blobs.read(`quarantine/${schedule.name}.2`)).toBeUndefined();
    });

    it.each(['{"v":2,"status":"dreaming"}', undefined])(
      "leaves alone what is of a later version or gone: %s",
      async (text) => {
        const { blobs, quarantine } = create();
        if (text !== undefined) await blobs.write(schedule.name, text, { condition: "always" });
        expect(await quarantine.moveAside(schedule.damage)).toEqual({ outcome: "gone" });
        expect((await blobs.read(schedule.name))?.text).toBe(text);
      },
    );

    it("knows its own removal again when the reply was lost", async () => {
      const { blobs } = create();
      await blobs.write(schedule.name, "{", { condition: "always" });
      const { damage } = schedule;
      const lossy: Blobs = {
        ...blobs,
        remove: async (...request) => {
          await blobs.remove(...request);
          return blobs.remove(...request);
        },
      };
      expect(await createQuarantine(lossy, { now: () => 0, monotonic: () => 0 }).moveAside(damage)).toMatchObject({
        outcome: "moved",
      });
    });

    it("does not take away what is mended at that moment", async () => {
      const { blobs } = create();
      await blobs.write(schedule.name, "{", { condition: "always" });
      const mending: Blobs = {
        ...blobs,
        async remove(...request) {
          await blobs.write(schedule.name, "mended", { condition: "always" });
          return blobs.remove(...request);
        },
      };
      const quarantine = createQuarantine(mending, { now: () => 0, monotonic: () => 0 });
      expect(await quarantine.moveAside(schedule.damage)).toEqual({ outcome: "gone" });
      expect(await blobs.read(schedule.name)).toMatchObject({ text: "mended" });
    });

    it("does not take away what somebody works on", async () => {
      const { blobs, quarantine } = create();
      await blobs.write(headName(sampleId(9)), "{", { condition: "always" });
      await blobs.acquireLease(headName(sampleId(9)), "11111111-1111-4111-8111-111111111111", 15);
      expect(await quarantine.moveAside({ kind: "conversation head", id: sampleId(9) })).toEqual({ outcome: "held" });
      expect(await blobs.read(headName(sampleId(9)))).toMatchObject({ text: "{" });
    });
  });
}
