import type { Principal } from "../../access/principal.ts";
import { callTool } from "../../catalog/call-tool.ts";
import { publishedSchema } from "../../catalog/published-schema.ts";
import type { CatalogTool, ToolHints } from "../../catalog/tool.ts";
import type { Events } from "../../kernel/events.ts";

/** What both protocol eras are served from; knows no SDK. */
export interface ServedCatalog {
  readonly info: { readonly name: string; readonly title: string; readonly version: string };
  readonly instructions: string;
  readonly tools: readonly PublishedTool[];
  /** undefined: there is no such tool. */
  readonly call: (request: ToolCallRequest) => Promise<ToolCallResult | undefined>;
}

interface PublishedTool {
  name: string;
  title: string;
  description: string;
  inputSchema: { type: "object"; [keyword: string]: unknown };
  outputSchema: { type: "object"; [keyword: string]: unknown };
  annotations: ToolHints & { title: string };
  [extension: string]: unknown;
}

interface ToolCallRequest {
  readonly name: string;
  readonly arguments: unknown;
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

interface ToolCallResult {
  content: { type: "text"; text: string }[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
  [extension: string]: unknown;
}

export interface ServedInfo {
  readonly version: string;
  readonly instructions: string;
}

/** Converts every schema once: clients ask for the list with every connection. */
export function serveCatalog(catalog: readonly CatalogTool[], events: Events, served: ServedInfo): ServedCatalog {
  const byName = new Map(catalog.map((tool) => [tool.name, tool]));
  return {
    info: { name: "scheduled-conversations", title: "Scheduled Conversations", version: served.version },
    instructions: served.instructions,
    tools: catalog.map(publish),
    async call({ name, arguments: input, ...context }) {
      const tool = byName.get(name);
      if (tool === undefined) return undefined;
      const result = await callTool(tool, name, input, context, events);
      if (result.isError) {
        // Without structuredContent: clients hold that against the output schema, which no error fits.
        return { content: [{ type: "text", text: JSON.stringify(result.envelope) }], isError: true };
      }
      return { content: [{ type: "text", text: result.text }], structuredContent: { ...result.structured } };
    },
  };
}

export const unknownToolMessage = (name: string, { tools }: ServedCatalog): string =>
  `Unknown tool ${JSON.stringify(name)}. This server has: ${tools.map((tool) => tool.name).join(", ")}.`;

const publish = ({ name, title, description, input, output, hints }: CatalogTool): PublishedTool => ({
  name,
  title,
  description,
  inputSchema: { ...publishedSchema(input), type: "object" },
  outputSchema: { ...publishedSchema(output), type: "object" },
  annotations: { title, ...hints },
});
