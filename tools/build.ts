import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
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

/** These look for files beside themselves, find none in a bundle, and do without. */
const bannerApart = `${banner}
const __dirname = import.meta.dirname;`;

/**
 * Packages that an app loads only when a setting asks for them, and that would double its size: each is a bundle of its
 * own beside the app's, so that nobody reads them at the start in vain (80 ms and 35 MB).
 */
const packagesApart = ["applicationinsights"];

/**
 * Bundles a function app with all its dependencies into one module, and into one more for each package that is kept
 * apart.
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
  const apart = await bundle(entry, outfile, { entryPoints: [entry], sourcemap: "linked", plugins: [keepApart] });
  for (const name of apart) {
    const contents = `import * as whole from "${name}"; export default whole;`;
    const stdin = { contents, resolveDir: projectDirectory };
    await bundle(name, join(dirname(outfile), `${name}.mjs`), { stdin, minify: true, banner: { js: bannerApart } });
  }
}

/** The packages kept apart that it imports. */
async function bundle(entry: string, outfile: string, options: esbuild.BuildOptions): Promise<readonly string[]> {
  const path = resolve(projectDirectory, `${outfile}.inputs.json`);
  const current = await readCurrent(path, entry);
  if (current !== undefined) return current.apart;
  const { outputFiles = [], metafile } = await esbuild.build({
    absWorkingDir: projectDirectory,
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    banner: { js: banner },
    external: ["@azure/functions-core"],
    logLevel: "warning",
    ...options,
    write: false,
    metafile: true,
  });
  // Looked at before the bundle is there: what changes meanwhile is seen the next time.
  const inputs = [...Object.keys(metafile.inputs).filter((name) => name !== "<stdin>"), fileURLToPath(import.meta.url)];
  const seen = await statesOf(inputs);
  for (const { path: output, contents } of outputFiles) await writeWhole(output, contents);
  const files = { ...seen, ...(await statesOf(outputFiles.map((file) => file.path))) };
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((one) => one.path));
  const apart = packagesApart.filter((name) => imported.includes(`./${name}.mjs`));
  await writeWhole(path, Buffer.from(JSON.stringify({ entry, apart, files } satisfies Notes)));
  return apart;
}

const keepApart: esbuild.Plugin = {
  name: "keep-apart",
  setup(builder) {
    builder.onResolve({ filter: new RegExp(`^(${packagesApart.join("|")})$`) }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: `./${path}.mjs`, external: true } : undefined,
    );
  },
};

/** What a bundle was made of and came to, by path. */
interface Notes {
  readonly entry: string;
  readonly apart: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/** What is noted of a bundle that need not be made again. */
async function readCurrent(path: string, entry: string): Promise<Notes | undefined> {
  try {
    const notes: Notes = JSON.parse(await readFile(path, "utf8"));
    const now = await statesOf(Object.keys(notes.files));
    const isCurrent =
      notes.entry === entry && Object.entries(notes.files).every(([name, state]) => now[name] === state);
    return isCurrent ? notes : undefined;
  } catch {
    return undefined;
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
