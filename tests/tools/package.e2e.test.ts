import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { writePackage } from "../../tools/package.ts";
import { buildSampleApp } from "./sample-app.ts";

const run = promisify(execFile);

describe("package", () => {
  it("holds the bundle and what describes it, and nothing to install or run", async () => {
    const files = unzipSync(await readFile(await writePackage({ directory: await buildSampleApp("http") })));

    expect(Object.keys(files).sort()).toEqual(["LICENSE", "dist/index.mjs", "host.json", "package.json"]);
    expect(JSON.parse(Buffer.from(files["package.json"]!).toString())).toEqual({
      name: "http",
      version: "1.0.0",
      type: "module",
      main: "dist/index.mjs",
    });
  });

  it("is the same bytes for the same sources, wherever and whenever they are built", async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(async () => writePackage({ directory: await buildSampleApp("http") })),
    );
    expect((await readFile(first!)).equals(await readFile(second!))).toBe(true);
  });

  it("can be imported from an empty folder, with no package installed", async () => {
    const files = unzipSync(await readFile(await writePackage({ directory: await buildSampleApp("http") })));
    const folder = await mkdtemp(join(tmpdir(), "package-"));
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    const { stderr } = await run(process.execPath, [join(folder, "dist/index.mjs")], { cwd: folder, env: {} });
    // Outside a host the library says so for every function: the whole app was loaded.
    expect(stderr).toContain('Skipping call to register function "mcp"');
  });
});
