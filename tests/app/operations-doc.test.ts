import { glob, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { codeIn, tableUnder } from "../support/readme-tables.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = await readFile(`${root}docs/operations.md`, "utf8");

describe("docs/operations.md", () => {
  it("has a row for each event that is a warning or an error, and for no other", async () => {
    const rows = tableUnder(text, "## What to watch").map(([name]) => codeIn(name));
    expect(rows).toEqual((await alarmingEvents()).toSorted());
    expect(rows.length).toBeGreaterThan(20);
  });

  it("names only tests that are there", async () => {
    const paths = [...text.matchAll(/`(tests\/[^`]+)`/g)].map(([, path = ""]) => path);
    expect(paths.length).toBeGreaterThan(8);
    for (const path of paths) expect(await matching(path), path).not.toEqual([]);
  });

  it("leads nowhere in vain", async () => {
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, words = ""]) => anchorOf(words));
    const anchors = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(anchors.filter((anchor) => !headings.includes(anchor ?? ""))).toEqual([]);
    for (const [, file] of text.matchAll(/\]\(([\w-]+\.md)/g))
      expect(await matching(`docs/${file}`), file).not.toEqual([]);
  });
});

/** The names of events in the sources, without those that are only ever information. */
async function alarmingEvents(): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const path of [...(await matching("shared/**/*.ts")), ...(await matching("functions/*.ts"))]) {
    const source = await readFile(`${root}${path}`, "utf8");
    for (const { 1: name = "", index } of source.matchAll(/\bname: "([a-z_]+\.[a-z_]+)"/g)) {
      const level = source.slice(Math.max(0, index - 300), index).match(/level: [^;]*$/)?.[0] ?? "";
      if (/"(warning|error)"/.test(level)) names.add(name);
    }
  }
  return [...names];
}

async function matching(pattern: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const path of glob(pattern, { cwd: root })) found.push(path);
  return found;
}

const anchorOf = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");
