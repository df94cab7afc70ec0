import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { findViolations, readSources } from "./support/architecture.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

it("keeps the floors: every file imports only from its own room or a lower floor", async () => {
  const sources = await readSources(root);
  expect(sources.size).toBeGreaterThan(100);
  expect(findViolations(sources)).toEqual([]);
});

it.each([
  {
    what: "a lower floor that knows a higher one",
    path: "shared/kernel/x.ts",
    text: 'import { a } from "../runs/run.ts";',
  },
  {
    what: "neighbours that know each other",
    path: "shared/schedule/x.ts",
    text: 'import type { A } from "../tools/toolbox.ts";',
  },
  {
    what: "an adapter that knows another",
    path: "shared/knowledge/x.ts",
    text: 'export { a } from "../azure/identity.ts";',
  },
  { what: "a dynamic import upwards", path: "shared/runs/x.ts", text: 'await import("../use-cases/owned.ts")' },
  { what: "an import for its effect", path: "shared/model/x.ts", text: 'import "../app/compose.ts";' },
  { what: "a room that nobody knows", path: "shared/helpers/x.ts", text: 'import { a } from "../kernel/ids.ts";' },
  {
    what: "resilience below the adapters",
    path: "shared/use-cases/x.ts",
    text: 'import { a } from "../resilience/retry.ts";',
  },
  {
    what: "an Azure SDK outside azure/",
    path: "shared/use-cases/x.ts",
    text: 'import { B } from "@azure/storage-blob";',
  },
  {
    what: "the Functions SDK outside functions/",
    path: "shared/app/x.ts",
    text: 'import { app } from "@azure/functions";',
  },
  {
    what: "OpenTelemetry outside telemetry/",
    path: "shared/protocol/x.ts",
    text: 'import { trace } from "@opentelemetry/api";',
  },
  {
    what: "an MCP SDK outside mcp/",
    path: "shared/catalog/x.ts",
    text: 'import { S } from "@modelcontextprotocol/server";',
  },
  {
    what: "an example that needs the project",
    path: "examples/x.ts",
    text: 'import { a } from "../tools/client/connect.ts";',
  },
  { what: "the environment outside config.ts", path: "shared/azure/x.ts", text: "const a = process.env.A;" },
  { what: "a clock below the adapters", path: "shared/protocol/x.ts", text: "const now = Date.now();" },
])("finds $what", ({ path, text }) => {
  expect(findViolations(new Map([[path, text]]))).toHaveLength(1);
});
