import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { AppError } from "../../shared/kernel/errors.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { says, startBackend } from "../support/backend.ts";
import { codeIn, tableUnder } from "../support/readme-tables.ts";

const page = readFileSync(new URL("../../docs/backend.md", import.meta.url), "utf8");

const calls: Readonly<Record<string, object>> = {
  get_user_profile: { user_id: "user-1", include_details: true },
  list_users: { skip: 1, limit: 2 },
  create_ticket: { title: "No light in the hall", description: "Since this morning." },
  list_tickets: { status: "open", priority: "low", skip: 0, limit: 5 },
  query_data: { dataset: "orders", limit: 3, filters: { state: "shipped" } },
};

it("docs/backend.md names every tool with the request that it makes", async () => {
  await using served = await startBackend();
  const app = createMemoryApp({ backend: served.backend });
  const rows = tableUnder(page, "## Routes");
  expect(rows.map(([tool]) => codeIn(tool))).toEqual(Object.keys(calls));
  for (const [tool, request, query = ""] of rows) {
    const { error } = await app.call(codeIn(tool) ?? "", calls[codeIn(tool) ?? ""]);
    expect(error).toBeUndefined();
    const { method, path } = served.seen.at(-1) ?? { method: "", path: "" };
    const { pathname, searchParams } = new URL(path, served.url);
    const shape = pathname.replace("user-1", "{id}").replace("orders", "{dataset}");
    expect(`\`${method} ${shape}\``).toBe(request);
    expect([...searchParams.keys()].sort()).toEqual([...query.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort());
  }
});

it("docs/backend.md tells the error that each status becomes", async () => {
  for (const [answers = "", error = ""] of tableUnder(page, "## When it does not answer as it should")) {
    for (const [status] of answers.matchAll(/\b[45]\d\d\b|5xx/g)) {
      // A backend each: the breaker of one would open.
      await using served = await startBackend();
      const bend = says(status === "5xx" ? 502 : Number(status));
      served.bendNext(bend, bend, bend);
      const { signal } = new AbortController();
      const call = answers.includes("for a user")
        ? served.backend.readUser("user-1", false, signal)
        : served.backend.probe(signal);
      const thrown = await call.catch((reason: unknown) => reason);
      expect.soft(thrown instanceof AppError ? thrown.code : thrown, answers).toBe(/`(\w+)`/.exec(error)?.[1]);
    }
  }
});
