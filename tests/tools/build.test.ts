import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { build } from "../../tools/build.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "build-"));
  await write("part.ts", "export const part: string = 'first';");
  await write("entry.ts", "export { part } from './part.ts';");
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);

/** Builds it and tells whether the bundle was written anew. */
async function buildIt(entry = "entry.ts"): Promise<boolean> {
  const outfile = join(folder, "out", "app.mjs");
  const before = await stat(outfile).catch(() => undefined);
  await build({ entry: join(folder, entry), outfile });
  return (await stat(outfile)).ino !== before?.ino;
}

const bundle = () => readFile(join(folder, "out", "app.mjs"), "utf8");

describe("a bundle", () => {
  it("is built once, and left as it is while nothing has changed", async () => {
    expect(await buildIt()).toBe(true);
    expect(await bundle()).toContain("first");
    expect(await buildIt()).toBe(false);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      "a file that it is made of has changed",
      () => write("part.ts", "export const part: string = 'second, and longer';"),
    ],
    ["it was changed by hand", () => write("out/app.mjs", "nothing")],
    ["its map is gone", () => rm(join(folder, "out", "app.mjs.map"))],
    ["nobody knows what it was made of", () => rm(join(folder, "out", "app.mjs.inputs.json"))],
    ["what is noted of it cannot be read", () => write("out/app.mjs.inputs.json", '{"files":')],
  ])("is built anew when %s", async (_what, change) => {
    await buildIt();
    await change();
    expect(await buildIt()).toBe(true);
    expect(await bundle()).toMatch(/first|second/);
  });

  it("is built anew, or not at all, when a file that it was made of is gone", async () => {
    await buildIt();
    await rm(join(folder, "part.ts"));
    await expect(buildIt()).rejects.toThrow("part.ts");
  });

  it("is built anew for another entry", async () => {
    await buildIt();
    await write("other.ts", "export const other = 'other';");
    expect(await buildIt("other.ts")).toBe(true);
    expect(await bundle()).toContain("other");
  });
});
