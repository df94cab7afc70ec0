import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

export interface BuildOptions {
  /** TypeScript file that registers the functions; relative paths start at the project folder. */
  entry?: string;
  /** The bundle to write, with its source map beside it. */
  outfile?: string;
}

export const projectDirectory = fileURLToPath(new URL("..", import.meta.url));

// Dependencies in CommonJS call `require`, which a module does not have. The alias keeps clear of their own imports.
const banner = `import { createRequire as createRequireOfBundle } from "node:module";
const require = createRequireOfBundle(import.meta.url);`;

/**
 * Bundles a function app with all its dependencies into one module.
 *
 * `@azure/functions-core` stays outside: it exists only inside a Functions host.
 *
 * @throws esbuild's BuildFailure, its messages already printed.
 */
export async function build({
  entry = "functions/index.ts",
  outfile = "dist/index.mjs",
}: BuildOptions = {}): Promise<void> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: projectDirectory,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    banner: { js: banner },
    external: ["@azure/functions-core"],
    sourcemap: "linked",
    logLevel: "warning",
    write: false,
  });
  for (const { path, contents } of outputFiles) await writeWhole(path, contents);
}

/** Others may be loading the bundle while it is built anew: they find the one before or this one, never half of it. */
async function writeWhole(path: string, contents: Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(unfinished, contents);
  await rename(unfinished, path);
}

if (import.meta.main) {
  const [entry, outfile] = process.argv.slice(2);
  await build({ ...(entry && { entry }), ...(outfile && { outfile }) }).catch(() => {
    process.exitCode = 1;
  });
}
