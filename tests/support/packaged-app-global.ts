import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import type { TestProject } from "vitest/node";
import { build } from "../../tools/build.ts";
import { writePackage } from "../../tools/package.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder with the unpacked deployment package: what is tested is what is deployed. */
    packagedApp: string;
  }
}

export default async function packageApp(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "packaged-app-"));
  await build();
  const zip = await writePackage({ outfile: join(directory, "app.zip") });
  for (const [name, bytes] of Object.entries(unzipSync(await readFile(zip)))) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  project.provide("packagedApp", directory);
  return () => rm(directory, { recursive: true });
}
