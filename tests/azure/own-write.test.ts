import { describe, expect, it } from "vitest";
import { createOwnWrites } from "../../shared/azure/storage/own-write.ts";
import { createMemoryBlobs, type InterceptBlobs } from "../support/memory-blobs.ts";
import { sampleSlot } from "../support/sample-records.ts";
import { createSequentialIds } from "../support/sequential-ids.ts";

const now = () => sampleSlot;
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Every write is carried out, its reply lost, and sent again. `between` happens in the meantime. */
function setUp() {
  const world = { losing: false, between: async () => {} };
  const kinds: string[] = [];
  const intercept: InterceptBlobs = async ({ kind }, perform) => {
    kinds.push(kind);
    const first = perform();
    const isWrite = kind === "write" || kind === "append" || kind === "createAppend";
    if (!world.losing || !isWrite) return first;
    world.losing = false;
    await world.between();
    return perform();
  };
  const blobs = createMemoryBlobs({ now, intercept });
  return { blobs, ownWrites: createOwnWrites(blobs, createSequentialIds()), world, kinds };
}

describe("own writes", () => {
  it("cost one call when nothing is lost", async () => {
    const { ownWrites, kinds } = setUp();
    const created = await ownWrites.create("a", "1");
    await ownWrites.replace("a", "2", "written" in created ? created.written : "");
    await ownWrites.createAppend("log");
    await ownWrites.append("log", bytesOf("x"), 0);
    expect(kinds).toEqual(["write", "write", "createAppend", "append"]);
  });

  it("are recognised after a lost reply, for one call more", async () => {
    const { blobs, ownWrites, world, kinds } = setUp();
    const again = <T>(write: () => Promise<T>) => {
      world.losing = true;
      return write();
    };
    const created = await again(() => ownWrites.create("a", "1"));
    const version = "written" in created ? created.written : "";
    expect(version).toBe((await blobs.properties("a"))?.etag);
    expect(await again(() => ownWrites.replace("a", "2", version))).toBe((await blobs.properties("a"))?.etag);
    expect(await again(() => ownWrites.createAppend("log"))).toBe(true);
    expect(await again(() => ownWrites.append("log", bytesOf("x"), 0))).toBe(1);
    expect(kinds.filter((kind) => kind === "read" || kind === "readRange")).toHaveLength(2);
  });

  it("are told from others' writes under the same name", async () => {
    const { blobs, ownWrites } = setUp();
    const others = createOwnWrites(blobs, { unique: () => "another-worker" });
    await others.create("a", "theirs");
    expect(await ownWrites.create("a", "ours")).toMatchObject({ existing: { text: "theirs" } });
    await others.createAppend("log");
    expect(await ownWrites.createAppend("log")).toBe(false);
    await others.append("log", bytesOf("theirs"), 0);
    expect(await ownWrites.append("log", bytesOf("mine!!"), 0)).toBeUndefined();
    expect(await ownWrites.append("missing", bytesOf("x"), 0)).toBe("absent");
  });

  it("count as lost when somebody wrote on top before we looked: the caller reads again and sees", async () => {
    const { blobs, ownWrites, world } = setUp();
    const created = await ownWrites.create("a", "1");
    world.losing = true;
    world.between = async () => void (await blobs.write("a", "on top", { condition: "always" }));
    expect(await ownWrites.replace("a", "2", "written" in created ? created.written : "")).toBeUndefined();
  });

  it("find their block although others have appended since", async () => {
    const { blobs, ownWrites, world } = setUp();
    await ownWrites.createAppend("log");
    world.losing = true;
    world.between = async () => void (await blobs.append("log", bytesOf("after"), 4));
    expect(await ownWrites.append("log", bytesOf("ours"), 0)).toBe(4);
  });

  it("say so when a blob exists and is gone a moment later", async () => {
    const refusing = {
      ...createMemoryBlobs({ now }),
      write: async () => ({ outcome: "refused", reason: "exists" }) as const,
    };
    const ownWrites = createOwnWrites(refusing, createSequentialIds());
    await expect(ownWrites.create("a", "1")).rejects.toMatchObject({ code: "SERVICE_ERROR" });
  });
});
