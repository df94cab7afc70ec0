import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
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
 * `@azure/functions-core` stays outside: it exists only inside a Functions host. A bundle is left as it is while
 * everything that it was made of is as it was.
 *
 * @throws esbuild's BuildFailure, its messages already printed.
 */
export async function build({
  entry = "functions/index.ts",
  outfile = "dist/index.mjs",
}: BuildOptions = {}): Promise<void> {
  const notes = resolve(projectDirectory, `${outfile}.inputs.json`);
  if (await isCurrent(notes, entry)) return;
  const { outputFiles, metafile } = await esbuild.build({
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
    metafile: true,
  });
  // Looked at before the bundle is there: what changes meanwhile is seen the next time.
  const inputs = [...Object.keys(metafile.inputs), fileURLToPath(import.meta.url)];
  const seen = await statesOf(inputs);
  for (const { path, contents } of outputFiles) await writeWhole(path, contents);
  const files = { ...seen, ...(await statesOf(outputFiles.map(({ path }) => path))) };
  await writeWhole(notes, Buffer.from(JSON.stringify({ entry, files } satisfies Notes)));
}

/** What a bundle was made of and came to, by path. */
interface Notes {
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
}

async function isCurrent(path: string, entry: string): Promise<boolean> {
  try {
    const notes: Notes = JSON.parse(await readFile(path, "utf8"));
    const now = await statesOf(Object.keys(notes.files));
    return notes.entry === entry && Object.entries(notes.files).every(([name, state]) => now[name] === state);
  } catch {
    return false;
  }
}

/** Size and time of change. @throws when one of them is gone */
async function statesOf(paths: readonly string[]): Promise<Record<string, string>> {
  const states = paths.map(async (path) => {
    const { size, mtimeMs } = await stat(resolve(projectDirectory, path));
    return [path, `${size} ${mtimeMs}`] as const;
  });
  return Object.fromEntries(await Promise.all(states));
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
