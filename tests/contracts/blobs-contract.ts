import { describe, expect, it } from "vitest";
import type { Blobs } from "../../shared/azure/storage/blobs.ts";

const ours = "11111111-1111-4111-8111-111111111111";
const theirs = "22222222-2222-4222-8222-222222222222";
const someEtag = '"0x123"';
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What every implementation of Blobs does. `createBlobs` gives an empty container. */
export function describeBlobsContract(name: string, createBlobs: () => Blobs): void {
  describe(`${name}: blobs`, () => {
    it("says absent for what is not there", async () => {
      const blobs = createBlobs();
      expect(await blobs.read("a")).toBeUndefined();
      expect(await blobs.readBytes("a")).toBeUndefined();
      expect(await blobs.readRange("a", 0, 9)).toBeUndefined();
      expect(await blobs.properties("a")).toBeUndefined();
      expect(await blobs.remove("a")).toBe("removed");
      expect(await blobs.append("a", bytesOf("x"), 0)).toEqual({ outcome: "absent" });
      expect(await blobs.acquireLease("a", ours, 15)).toBe("absent");
      expect(await blobs.renewLease("a", ours)).toBe("absent");
      expect(await blobs.releaseLease("a", ours)).toBe("absent");
    });

    it("reads what was written, with its size in bytes and its metadata", async () => {
      const blobs = createBlobs();
      const written = await blobs.write("a/b", "grün", { condition: "always", metadata: { writetoken: "t-1" } });
      const etag = written.outcome === "written" ? written.etag : "";
      expect(await blobs.read("a/b")).toEqual({ text: "grün", size: 5, etag, metadata: { writetoken: "t-1" } });
      expect(await blobs.properties("a/b")).toEqual({
        etag,
        size: 5,
        metadata: { writetoken: "t-1" },
        leased: false,
      });
    });

    it("keeps an empty blob and forgets metadata that a later write does not name", async () => {
      const blobs = createBlobs();
      await blobs.write("a", "x", { condition: "always", metadata: { writetoken: "t" } });
      await blobs.write("a", "", { condition: "always" });
      expect(await blobs.read("a")).toMatchObject({ text: "", size: 0, metadata: {} });
    });

    it("creates once", async () => {
      const blobs = createBlobs();
      const create = (text: string) => blobs.write("a", text, { condition: { ifAbsent: true } });
      expect(await create("first")).toMatchObject({ outcome: "written" });
      expect(await create("second")).toEqual({ outcome: "refused", reason: "exists" });
      expect((await blobs.read("a"))?.text).toBe("first");
    });

    it("lets one of many creators win", async () => {
      const blobs = createBlobs();
      const racers = Array.from({ length: 8 }, (_, n) =>
        blobs.write("a", String(n), { condition: { ifAbsent: true } }),
      );
      const outcomes = (await Promise.all(racers)).map(({ outcome }) => outcome).sort();
      expect(outcomes).toEqual([...Array<string>(7).fill("refused"), "written"]);
    });

    it("replaces only the version that was read", async () => {
      const blobs = createBlobs();
      await blobs.write("a", "1", { condition: { ifAbsent: true } });
      const version = (await blobs.read("a"))?.etag ?? "";
      const replace = (text: string) => blobs.write("a", text, { condition: { ifVersion: version } });
      expect(await replace("2")).toMatchObject({ outcome: "written" });
      expect(await replace("3")).toEqual({ outcome: "refused", reason: "mismatch" });
      expect((await blobs.read("a"))?.text).toBe("2");
    });

    it("refuses to replace what is gone", async () => {
      const result = await createBlobs().write("a", "1", { condition: { ifVersion: someEtag } });
      expect(result).toEqual({ outcome: "refused", reason: "mismatch" });
    });

    it("spares the bytes of a version that is known", async () => {
      const blobs = createBlobs();
      await blobs.write("a", "{}", { condition: "always" });
      const found = await blobs.readBytes("a", someEtag);
      if (typeof found !== "object") throw new Error("expected the bytes");
      expect(Buffer.from(found.bytes).toString()).toBe("{}");
      expect(await blobs.readBytes("a", found.etag)).toBe("unchanged");
    });

    it("reads a range, and what there is of one that goes over the end", async () => {
      const blobs = createBlobs();
      await blobs.write("a", "012345", { condition: "always" });
      const range = async (from: number, count: number) =>
        Buffer.from((await blobs.readRange("a", from, count)) ?? []).toString();
      expect(await range(1, 3)).toBe("123");
      expect(await range(4, 10)).toBe("45");
      expect(await range(6, 10)).toBe("");
    });

    it("keeps bytes that are no text", async () => {
      const blobs = createBlobs();
      await blobs.write("a", Uint8Array.of(255, 0, 254), { condition: "always" });
      expect(await blobs.readBytes("a")).toMatchObject({ bytes: Buffer.of(255, 0, 254) });
    });

    it("removes only the version that was read, when asked to", async () => {
      const blobs = createBlobs();
      await blobs.write("a", "1", { condition: "always" });
      const ifVersion = (await blobs.read("a"))?.etag ?? "";
      await blobs.write("a", "2", { condition: "always" });
      expect(await blobs.remove("a", { ifVersion })).toBe("mismatch");
      expect(await blobs.remove("a", { ifVersion: (await blobs.read("a"))?.etag ?? "" })).toBe("removed");
      expect(await blobs.remove("a", { ifVersion })).toBe("mismatch");
    });

    it("removes", async () => {
      const blobs = createBlobs();
      await blobs.write("a", "1", { condition: "always" });
      expect(await blobs.remove("a")).toBe("removed");
      expect(await blobs.read("a")).toBeUndefined();
    });
  });

  describe(`${name}: append blobs`, () => {
    it("appends at the expected position only", async () => {
      const blobs = createBlobs();
      expect(await blobs.createAppend("log")).toBe("created");
      expect(await blobs.append("log", bytesOf("añ\n"), 0)).toEqual({ outcome: "written", position: 4 });
      expect(await blobs.append("log", bytesOf("b\n"), 0)).toEqual({ outcome: "moved" });
      expect(await blobs.append("log", bytesOf("b\n"), 9)).toEqual({ outcome: "moved" });
      expect(await blobs.append("log", bytesOf("b\n"), 4)).toEqual({ outcome: "written", position: 6 });
      expect(await blobs.read("log")).toMatchObject({ text: "añ\nb\n", size: 6 });
    });

    it("creates a log once and never empties it", async () => {
      const blobs = createBlobs();
      await blobs.createAppend("log", { writetoken: "t" });
      await blobs.append("log", bytesOf("kept"), 0);
      expect(await blobs.createAppend("log")).toBe("exists");
      expect(await blobs.read("log")).toMatchObject({ text: "kept", metadata: { writetoken: "t" } });
    });
  });

  describe(`${name}: leases`, () => {
    async function leasedBlob() {
      const blobs = createBlobs();
      await blobs.write("head", "1", { condition: "always" });
      expect(await blobs.acquireLease("head", ours, 15)).toBe("held");
      return blobs;
    }

    it("has one holder, who may ask again", async () => {
      const blobs = await leasedBlob();
      expect(await blobs.acquireLease("head", theirs, 15)).toBe("busy");
      expect(await blobs.acquireLease("head", ours, 15)).toBe("held");
      expect(await blobs.properties("head")).toMatchObject({ leased: true });
    });

    it("lets only the holder renew and release", async () => {
      const blobs = await leasedBlob();
      expect(await blobs.renewLease("head", theirs)).toBe("lost");
      expect(await blobs.releaseLease("head", theirs)).toBe("lost");
      expect(await blobs.renewLease("head", ours)).toBe("held");
      expect(await blobs.releaseLease("head", ours)).toBe("released");
      expect(await blobs.releaseLease("head", ours)).toBe("lost");
      expect(await blobs.renewLease("head", ours)).toBe("lost");
      expect(await blobs.acquireLease("head", theirs, 15)).toBe("held");
    });

    it("lets only the holder write and remove, and anybody read", async () => {
      const blobs = await leasedBlob();
      const refused = { outcome: "refused", reason: "leased" };
      expect(await blobs.write("head", "2", { condition: "always" })).toEqual(refused);
      expect(await blobs.write("head", "2", { condition: "always", leaseId: theirs })).toEqual(refused);
      expect(await blobs.remove("head")).toBe("leased");
      expect(await blobs.remove("head", { leaseId: theirs })).toBe("leased");
      expect((await blobs.read("head"))?.text).toBe("1");
      expect(await blobs.write("head", "2", { condition: "always", leaseId: ours })).toMatchObject({
        outcome: "written",
      });
      expect(await blobs.remove("head", { leaseId: ours })).toBe("removed");
    });

    it("keeps the lease through the holder's writes", async () => {
      const blobs = await leasedBlob();
      await blobs.write("head", "2", { condition: "always", leaseId: ours });
      expect(await blobs.acquireLease("head", theirs, 15)).toBe("busy");
    });

    it("refuses a write under a lease that nobody holds", async () => {
      const blobs = await leasedBlob();
      await blobs.releaseLease("head", ours);
      const result = await blobs.write("head", "2", { condition: "always", leaseId: ours });
      expect(result).toEqual({ outcome: "refused", reason: "leased" });
    });
  });

  describe(`${name}: lists`, () => {
    it("lists a prefix in the order of characters, page by page", async () => {
      const blobs = createBlobs();
      for (const name of ["p/10", "p/2", "p/1", "q/0", "p/A", "p/_"])
        await blobs.write(name, "", { condition: "always" });
      const first = await blobs.listPage({ prefix: "p/", limit: 3 });
      const second = await blobs.listPage({ prefix: "p/", limit: 3, cursor: first.cursor ?? "" });
      const names = [first, second].map((page) => page.blobs.map((blob) => blob.name));
      expect(names).toEqual([
        ["p/1", "p/10", "p/2"],
        ["p/A", "p/_"],
      ]);
      expect(second.cursor).toBeUndefined();
    });

    it.each(["", "abc", "p/1", "{}", '{"after":"p/1"}'])(
      "refuses the cursor %j, which no list gave out",
      async (cursor) => {
        const listing = createBlobs().listPage({ prefix: "p/", limit: 3, cursor });
        await expect(listing).rejects.toMatchObject({ code: "VALIDATION_ERROR", details: { field: "cursor" } });
      },
    );

    it("answers an empty page for a prefix without blobs", async () => {
      expect(await createBlobs().listPage({ prefix: "none/", limit: 3 })).toEqual({ blobs: [] });
    });

    it("lists metadata when it is asked for, and only then", async () => {
      const blobs = createBlobs();
      const metadata = { usage: "%5B1%5D", kind: "planned" };
      await blobs.write("m/1", "", { condition: "always", metadata });
      await blobs.write("m/2", "", { condition: "always" });
      const [first, second] = (await blobs.listPage({ prefix: "m/", limit: 2, metadata: true })).blobs;
      expect([first?.metadata, second?.metadata]).toEqual([metadata, {}]);
      const plain = (await blobs.listPage({ prefix: "m/", limit: 1 })).blobs;
      expect(plain[0]).not.toHaveProperty("metadata");
    });

    it("dates blobs by the second", async () => {
      const blobs = createBlobs();
      await blobs.write("a", "", { condition: "always" });
      const [listed] = (await blobs.listPage({ prefix: "", limit: 1 })).blobs;
      expect(listed?.createdAt).toBeGreaterThan(Date.parse("2026-01-01"));
      expect((listed?.createdAt ?? 1) % 1000).toBe(0);
    });
  });
}
