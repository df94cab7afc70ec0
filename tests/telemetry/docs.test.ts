import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type Metric, metrics } from "../../shared/telemetry/metrics.ts";
import { codeIn, tableUnder } from "../support/readme-tables.ts";

const root = new URL("../../", import.meta.url);
const documented = await readFile(new URL("docs/telemetry.md", root), "utf8");

describe("docs/telemetry.md", () => {
  it("lists every metric in order, with kind, unit, attributes and meaning", () => {
    const rows = tableUnder(documented, "## Metrics");
    const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
    const defined = Object.entries<Metric>(metrics).map(([name, { kind, unit, attributes, meaning }]) => [
      `\`${name}\``,
      kind,
      `\`${unit}\``,
      list(attributes),
      meaning,
    ]);
    expect(rows).toEqual(defined);
  });

  it("lists every span that the app makes", async () => {
    const named = await namesIn(/\bspan\(\s*"([^"]+)"/g);
    const rows = tableUnder(documented, "## Traces").map(([name]) => codeIn(name));
    expect(rows.filter((name) => name !== "*.request").sort()).toEqual([...named].sort());
  });
});

describe("the metrics that are defined", () => {
  it.each([
    ["counter", /telemetry\.count\("([^"]+)"/g],
    ["histogram", /telemetry\.measure\(\s*"([^"]+)"|operations: "([^"]+)"/g],
    ["gauge", /telemetry\.gauge\("([^"]+)"/g],
  ])("are those that the app uses as a %s", async (kind, uses) => {
    const defined = Object.entries<Metric>(metrics).filter(([, metric]) => metric.kind === kind);
    expect([...(await namesIn(uses))].sort()).toEqual(defined.map(([name]) => name).sort());
  });
});

/** What the pattern finds in the sources of the app. */
async function namesIn(pattern: RegExp): Promise<ReadonlySet<string>> {
  const files = (await readdir(new URL("shared", root), { recursive: true })).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(files.map((name) => readFile(new URL(`shared/${name}`, root), "utf8")));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(pattern)].map(([, first, second]) => first ?? second ?? "")),
  );
}
