import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Zippable, zipSync } from "fflate";
import { build, projectDirectory } from "./build.ts";

export interface PackageOptions {
  /** Folder with host.json, package.json, LICENSE and the bundles in dist/. */
  directory?: string;
  outfile?: string;
}

// Zip keeps local time without a zone; a local date gives the same bytes everywhere. 1980 is the format's first year.
const fixedTime = new Date(1980, 0, 1);

/**
 * Writes the deployment zip of a built app: what `az functionapp deployment source config-zip` takes.
 *
 * The same sources give the same bytes.
 *
 * @returns the path of the zip.
 * @throws the file system's error when one of the files is missing.
 */
export async function writePackage(options: PackageOptions = {}): Promise<string> {
  const { directory = projectDirectory, outfile = "scheduled-conversations.zip" } = options;
  const path = resolve(directory, outfile);
  await writeFile(path, zipSync(await contentOf(directory), { level: 9, mtime: fixedTime }));
  return path;
}

async function contentOf(directory: string): Promise<Zippable> {
  const read = (name: string) => readFile(join(directory, name));
  const bundles = (await readdir(join(directory, "dist"))).filter((name) => name.endsWith(".mjs"));
  const paths = new Set(["index.mjs", ...bundles.sort()].map((name) => `dist/${name}`));
  return {
    LICENSE: await read("LICENSE"),
    ...Object.fromEntries(await Promise.all([...paths].map(async (path) => [path, await read(path)] as const))),
    "host.json": await read("host.json"),
    "package.json": Buffer.from(reduced((await read("package.json")).toString())),
  };
}

/** The bundle holds every dependency, so that the host must install nothing and run no script. */
function reduced(packageJson: string): string {
  const { name, version, type, main, engines }: Record<string, unknown> = JSON.parse(packageJson);
  return `${JSON.stringify({ name, version, type, main, engines }, null, 2)}\n`;
}

if (import.meta.main) {
  await build();
  console.log(`Package: ${await writePackage()}`);
}
