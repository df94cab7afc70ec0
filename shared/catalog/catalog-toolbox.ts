import type { Events } from "../kernel/events.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { withIdempotencyKey } from "../tools/with-idempotency-key.ts";
import { callTool } from "./call-tool.ts";
import { publishedSchema } from "./published-schema.ts";
import type { CatalogTool } from "./tool.ts";

/**
 * The tools of our own catalog as a run's toolbox, without a detour over HTTP: all but those that stand for what a
 * person does. Which of them a run may use is decided by its schedule's allow list.
 * @param catalog asked at each use, because the catalog itself is built from what runs can do
 */
export function createCatalogToolbox(catalog: () => readonly CatalogTool[], events: Events): Toolbox {
  const usable = () => catalog().filter((tool) => tool.forPeopleOnly !== true);
  return {
    async list() {
      return usable().map((tool) => ({
        name: tool.name,
        description: tool.description,
        inputSchema: publishedSchema(tool.input),
        readOnly: tool.hints.readOnlyHint,
        server: tool.toolset,
      }));
    },
    forPeopleOnly: () => catalog().flatMap(({ name, forPeopleOnly }) => (forPeopleOnly === true ? [name] : [])),
    sources: async () => [],
    async call({ name, arguments: text, owner, idempotencyKey, signal }) {
      const principal = { owner, name: "a scheduled run" };
      const tool = usable().find((candidate) => candidate.name === name);
      const input = tool === undefined ? parsed(text) : withKey(parsed(text), tool, idempotencyKey);
      const result = await callTool(tool, name, input, { principal, signal }, events);
      signal.throwIfAborted();
      // One form is enough for a model that we talk to ourselves, and the structured one holds everything.
      const content = JSON.stringify(result.isError ? result.envelope : result.structured);
      return { content, isError: result.isError };
    },
  };
}

/** A call that is made again after a crash does nothing twice, where the tool can see to that. */
const withKey = (input: unknown, { input: schema }: CatalogTool, key: string): unknown =>
  isObject(input) ? withIdempotencyKey(input, publishedSchema(schema), key) : input;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Text that is no JSON is passed on: reading the input names what is wrong with it. */
function parsed(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}
