import { describe, expect, it } from "vitest";
import { codeIn, tableUnder } from "../support/readme-tables.ts";

const markdown = `# Title
## Tools
Some words.

| Tool | Effect |
|---|---|
| \`get_run\` | reads |
| \`a\\|b\` |  |

| Other | Table |
|---|---|
| x | y |
### Deeper
## Empty
## Last
`;

describe("a table of the README", () => {
  it("is the first under its heading, row by row", () => {
    expect(tableUnder(markdown, "## Tools")).toEqual([
      ["`get_run`", "reads"],
      ["`a|b`", ""],
    ]);
  });

  it.each(["## Empty", "## Last", "## Absent", "# Tool"])("is absent under %s", (heading) => {
    expect(tableUnder(markdown, heading)).toEqual([]);
  });

  it("names things in code", () => {
    expect([codeIn("`NAME`"), codeIn("NAME"), codeIn(undefined)]).toEqual(["NAME", undefined, undefined]);
  });
});
