import { readdir, readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";

/** Rooms of shared/ from the ground up. A file imports from its own room or from a lower floor, never from a neighbour. */
const floors: readonly (readonly string[])[] = [
  ["kernel"],
  ["access", "schedule", "conversations", "model", "tools", "alarm"],
  ["runs"],
  ["protocol"],
  ["use-cases"],
  ["catalog"],
  ["mcp", "azure", "openai", "rehearsal", "scheduler", "backend", "knowledge", "webhooks", "telemetry"],
  ["app"],
  ["functions"],
];

const adapters = 6;

/** Which rooms may know which packages. */
const packageRooms: readonly { readonly packages: RegExp; readonly rooms: readonly string[] }[] = [
  { packages: /^@azure\/functions/, rooms: ["functions"] },
  { packages: /^@azure\/(?!functions)/, rooms: ["azure"] },
  { packages: /^applicationinsights$|^@opentelemetry\//, rooms: ["telemetry"] },
  { packages: /^@modelcontextprotocol\//, rooms: ["mcp"] },
  { packages: /^openai(\/|$)/, rooms: ["openai"] },
  { packages: /^standardwebhooks$/, rooms: ["webhooks", "scheduler"] },
  { packages: /^request-filtering-agent$/, rooms: ["webhooks"] },
  { packages: /^jose$/, rooms: ["azure"] },
  { packages: /^cockatiel$/, rooms: ["resilience"] },
];

/** Time, dice and waiting are arguments below the adapters: that is what makes a simulation possible. */
const ambient = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\b|\bsetTimeout\(|\bsetInterval\(|\bperformance\.now\(/;

/** Source files by their path from the project's folder, with `/`. */
export type Sources = ReadonlyMap<string, string>;

/** Every breach of the floors, as a sentence each. */
export function findViolations(sources: Sources): readonly string[] {
  return [...sources].flatMap(([path, text]) => {
    if (path.startsWith("examples/")) return importsOf(text).flatMap((imported) => checkExample(path, imported));
    return [...importsOf(text).flatMap((imported) => checkImport(path, imported)), ...checkText(path, text)];
  });
}

export async function readSources(root: string): Promise<Sources> {
  const sources = new Map<string, string>();
  for (const folder of ["functions", "shared", "examples"]) {
    for (const entry of await readdir(join(root, folder), { recursive: true })) {
      const path = posix.join(folder, entry.replaceAll("\\", "/"));
      if (path.endsWith(".ts")) sources.set(path, await readFile(join(root, path), "utf8"));
    }
  }
  return sources;
}

function importsOf(text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)["']([^"']+)["']/gm);
  return [...found].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

/** An example is copied out of the project, so it needs packages only. */
const checkExample = (path: string, imported: string): readonly string[] =>
  imported.startsWith(".") ? [`${path} imports ${imported}; an example imports packages only.`] : [];

function checkImport(path: string, imported: string): readonly string[] {
  const room = roomOf(path);
  if (!imported.startsWith(".")) {
    const rule = packageRooms.find(({ packages }) => packages.test(imported));
    const isAllowed = rule === undefined || rule.rooms.includes(room);
    return isAllowed ? [] : [`${path} imports ${imported}, which only ${rule.rooms.join(" and ")} may.`];
  }
  const target = posix.join(dirname(path), imported);
  const targetRoom = roomOf(target);
  if (targetRoom === room || target === "package.json") return [];
  if (targetRoom === "resilience")
    // The app opens the targets that it hands to its adapters.
    return floorOf(room) === adapters || room === "app" ? [] : [`${path} imports ${target}; only adapters may.`];
  const reach = room === "resilience" ? 1 : floorOf(room);
  return floorOf(targetRoom) < reach ? [] : [`${path} imports ${target}, which is not on a lower floor.`];
}

function checkText(path: string, text: string): readonly string[] {
  const readsEnvironment = /\bprocess\.env\b/.test(text) && path !== "shared/app/config.ts";
  const room = roomOf(path);
  const isAmbient = ambient.test(text) && floorOf(room) < adapters && room !== "resilience";
  return [
    ...(readsEnvironment ? [`${path} reads process.env, which only shared/app/config.ts may.`] : []),
    ...(isAmbient ? [`${path} takes time, dice or waiting from its surroundings instead of its arguments.`] : []),
  ];
}

function roomOf(path: string): string {
  const [top = "", room = ""] = path.split("/");
  return top === "shared" ? room : top;
}

/** Unknown rooms stand below everything, so that whatever they import is a violation. */
const floorOf = (room: string): number => floors.findIndex((rooms) => rooms.includes(room));
