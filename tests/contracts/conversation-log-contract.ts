import { describe, expect, it } from "vitest";
import type { ConversationLog } from "../../shared/conversations/conversation-log.ts";
import { sampleEvent, sampleHead, sampleId } from "../support/sample-records.ts";

const { id } = sampleHead();
const neighbour = sampleId(77);
const ours = "11111111-1111-4111-8111-111111111111";
const theirs = "22222222-2222-4222-8222-222222222222";

/** What every conversation log does. `createLog` gives an empty one. */
export function describeConversationLogContract(name: string, createLog: () => ConversationLog): void {
  describe(`${name}: conversation log`, () => {
    async function logWithHead() {
      const log = createLog();
      await log.createHead(sampleHead());
      return log;
    }

    it("says absent for what is not there", async () => {
      const log = createLog();
      expect(await log.readHead(id)).toBeUndefined();
      expect(await log.readSegment(id, 0)).toBeUndefined();
      expect(await log.isHeld(id)).toBe(false);
      expect(await log.acquire(id, ours)).toBe("absent");
      expect(await log.renew(id, ours)).toBe(false);
      await log.release(id, ours);
      await log.pointHead(id, 1, ours);
      expect(await log.readHead(id)).toBeUndefined();
    });

    it("keeps the first head, also while somebody holds it", async () => {
      const log = await logWithHead();
      await log.createHead(sampleHead({ title: "second" }));
      await log.acquire(id, ours);
      await log.createHead(sampleHead({ title: "third" }));
      expect(await log.readHead(id)).toEqual(sampleHead());
    });

    it("has one holder at a time", async () => {
      const log = await logWithHead();
      expect(await log.isHeld(id)).toBe(false);
      expect(await log.acquire(id, ours)).toBe("held");
      expect(await log.isHeld(id)).toBe(true);
      expect(await log.acquire(id, theirs)).toBe("busy");
      expect(await log.renew(id, theirs)).toBe(false);
      await log.release(id, theirs);
      expect(await log.renew(id, ours)).toBe(true);
      await log.release(id, ours);
      expect(await log.isHeld(id)).toBe(false);
      expect(await log.acquire(id, theirs)).toBe("held");
    });

    it("grows by whole blocks at the expected position", async () => {
      const log = await logWithHead();
      expect(await log.createSegment(id, 0)).toBe(true);
      expect(await log.createSegment(id, 0)).toBe(false);
      expect(await log.readSegment(id, 0)).toEqual({ events: [], position: 0 });
      const position = await log.append(id, 0, 0, [sampleEvent("größer"), sampleEvent("two\nlines")]);
      expect(await log.append(id, 0, 0, [sampleEvent("late")])).toBeUndefined();
      const end = await log.append(id, 0, position ?? -1, [sampleEvent("third")]);
      const events = ["größer", "two\nlines", "third"].map(sampleEvent);
      expect(await log.readSegment(id, 0)).toEqual({ events, position: end });
    });

    it("refuses to append to a segment that was never created", async () => {
      const log = await logWithHead();
      await expect(log.append(id, 0, 0, [sampleEvent("x")])).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
    });

    it("points the head forward for the holder only, and never back", async () => {
      const log = await logWithHead();
      await log.acquire(id, ours);
      await log.pointHead(id, 2, theirs);
      expect(await log.readHead(id)).toMatchObject({ segment: 0 });
      await log.pointHead(id, 2, ours);
      await log.pointHead(id, 1, ours);
      expect(await log.readHead(id)).toEqual(sampleHead({ segment: 2 }));
    });

    it("reads on where an append has ended", async () => {
      const log = await logWithHead();
      expect(await log.readTail(id, 0, 0)).toBeUndefined();
      await log.createSegment(id, 0);
      expect(await log.readTail(id, 0, 0)).toEqual({ events: [], position: 0 });
      const position = (await log.append(id, 0, 0, [sampleEvent("größer")])) ?? -1;
      const end = await log.append(id, 0, position, [sampleEvent("second"), sampleEvent("third")]);
      expect(await log.readTail(id, 0, position)).toEqual({
        events: ["second", "third"].map(sampleEvent),
        position: end,
      });
      expect(await log.readTail(id, 0, end ?? -1)).toEqual({ events: [], position: end });
    });

    async function longLog() {
      const log = await logWithHead();
      for (const segment of [0, 1, 3]) await log.createSegment(id, segment);
      await log.append(id, 1, 0, [sampleEvent("x")]);
      await log.createHead(sampleHead({ id: neighbour }));
      return log;
    }

    it("removes a conversation for the holder, with segments behind a gap, and none other", async () => {
      const log = await longLog();
      await log.acquire(id, ours);
      expect(await log.remove(id, ours)).toBe(true);
      expect(await log.readHead(id)).toBeUndefined();
      for (const segment of [0, 1, 3]) expect(await log.readSegment(id, segment)).toBeUndefined();
      expect(await log.readHead(neighbour)).toBeDefined();
      await log.release(id, ours);
    });

    it.each(["theirs", "nobody's"])("removes nothing when the lease is %s", async (whose) => {
      const log = await longLog();
      if (whose === "theirs") await log.acquire(id, theirs);
      expect(await log.remove(id, ours)).toBe(false);
      expect(await log.readHead(id)).toBeDefined();
      for (const segment of [0, 1, 3]) expect(await log.readSegment(id, segment)).toBeDefined();
    });

    it("can be begun anew after it was removed", async () => {
      const log = await longLog();
      await log.acquire(id, ours);
      await log.remove(id, ours);
      await log.createHead(sampleHead({ title: "second" }));
      expect(await log.acquire(id, theirs)).toBe("held");
      expect(await log.createSegment(id, 0)).toBe(true);
      expect(await log.readSegment(id, 0)).toEqual({ events: [], position: 0 });
    });
  });
}
