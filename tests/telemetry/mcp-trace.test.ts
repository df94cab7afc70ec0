import { expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createMcpEndpoint } from "../../shared/mcp/server/endpoint.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { mcpHeaders, modernRequest, request } from "../mcp/messages.ts";
import { localRules } from "../mcp/serve.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const call = { name: "list_runs", arguments: {} };

/** What the call of a tool gets to know of the trace that the client put into its `_meta`. */
async function heard(body: object, headers: Record<string, string>): Promise<unknown[]> {
  const { served, events } = { ...createMemoryApp(), events: { record: () => undefined } };
  const seen: unknown[] = [];
  const listening: typeof served = {
    ...served,
    call(one) {
      seen.push(one.traceparent);
      return served.call(one);
    },
  };
  const url = "http://localhost/mcp";
  const init = {
    method: "POST",
    headers: { ...mcpHeaders, host: "localhost", ...headers },
    body: JSON.stringify(body),
  };
  const response = await createMcpEndpoint(listening, localRules, events)(new Request(url, init), localPrincipal);
  expect(await response.text()).toContain("structuredContent");
  return seen;
}

it.each([
  [
    "in the revisions with initialize",
    (meta: object) => ({ body: request("tools/call", { ...call, _meta: meta }), headers: {} }),
  ],
  ["in 2026-07-28", (meta: object) => modernRequest("tools/call", call, meta)],
])("a client's call carries its trace %s", async (_revision, message) => {
  const { body, headers } = message({ traceparent });
  expect(await heard(body, headers)).toEqual([traceparent]);
});

it.each([{}, { traceparent: 5 }, { traceparent: null }])(
  "a call without a trace is a call like any other: %j",
  async (meta) => {
    expect(await heard(request("tools/call", { ...call, _meta: meta }), {})).toEqual([undefined]);
  },
);
