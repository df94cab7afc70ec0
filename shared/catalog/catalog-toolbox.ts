import type { Events } from "../kernel/events.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { callTool } from "./call-tool.ts";
import { publishedSchema } from "./published-schema.ts";
import type { CatalogTool } from "./tool.ts";

/**
 * The read-only tools of our own catalog as a run's toolbox, without a detour over HTTP.
 * @param catalog asked at each use, because the catalog itself is built from what runs can do
 */
export function createCatalogToolbox(catalog: () => readonly CatalogTool[], events: Events): Toolbox {
  const usable = () => catalog().filter((tool) => tool.hints.readOnlyHint);
  return {
    async list() {
      return usable().map((tool) => ({
        name: tool.name,
        description: tool.description,
        inputSchema: publishedSchema(tool.input),
        readOnly: true,
      }));
    },
    async call({ name, arguments: text, owner, signal }) {
      const principal = { owner, name: "a scheduled run" };
      const tool = usable().find((candidate) => candidate.name === name);
      // Text that is no JSON is passed on: reading the input names what is wrong with it.
      const result = await callTool(tool, name, parsed(text), { principal, signal }, events);
      signal.throwIfAborted();
      // One form is enough for a model that we talk to ourselves, and the structured one holds everything.
      const content = JSON.stringify(result.isError ? result.envelope : result.structured);
      return { content, isError: result.isError };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}
