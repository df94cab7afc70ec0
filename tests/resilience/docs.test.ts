import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { codeIn, tableUnder } from "../support/readme-tables.ts";
import { backendIn, modelIn, schedulerIn, type Trouble, vaultIn } from "./failure-table.ts";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/health.md", root), "utf8");

const columns = [
  ["backend", backendIn],
  ["model", modelIn],
  ["scheduler", schedulerIn],
  ["vault", vaultIn],
] as const;

const cells = tableUnder(page, "## When something goes wrong over there").flatMap(([trouble = "", ...effects]) =>
  columns.map(([who, play], column) => ({ who, trouble, play, said: effects[column] ?? "" })),
);

it.each(cells)(
  "docs/health.md is right about $who that is or says $trouble: $said",
  async ({ play, trouble, said }) => {
    const effect = await play(/^\d+$/.test(trouble) ? Number(trouble) : (trouble as Trouble));
    const [code, counts] = said.split(" ");
    expect(effect.code).toBe(codeIn(code));
    expect(effect.counts).toBe(counts === "counts");
    expect(effect.health === "ok").toBe(effect.code === "VALIDATION_ERROR");
  },
);

it("names every event and metric of targets", () => {
  const folder = new URL("shared/resilience/", root);
  const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  const used = new Set(texts.flatMap((text) => [...text.matchAll(/"(target\.\w+)"/g)].map(([, name]) => name)));
  const listed = tableUnder(page, "## What the operator sees").map(([name]) => codeIn(name));
  expect(listed.toSorted()).toEqual([...used, "<target>.request"].toSorted());
});
