import { copyFile, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../tools/build.ts";

/** Bundles a sample app into a new folder with a host.json and a package.json, and returns the folder. */
export async function buildSampleApp(name: string, queues: Record<string, unknown> = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sample-app-"));
  const entry = fileURLToPath(new URL(`./sample-apps/${name}.ts`, import.meta.url));
  await build({ entry, outfile: join(directory, "dist/index.mjs") });
  const hostJson = { version: "2.0", extensions: { http: { routePrefix: "" }, queues } };
  await writeFile(join(directory, "host.json"), JSON.stringify(hostJson));
  await writeFile(
    join(directory, "package.json"),
    JSON.stringify({ name, version: "1.0.0", type: "module", main: "dist/index.mjs", scripts: { postinstall: "x" } }),
  );
  await copyFile(fileURLToPath(new URL("../../LICENSE", import.meta.url)), join(directory, "LICENSE"));
  return directory;
}
