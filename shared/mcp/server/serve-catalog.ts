import type { Principal } from "../../access/principal.ts";
import { type CallResult, callTool } from "../../catalog/call-tool.ts";
import type { CatalogPrompt } from "../../catalog/prompt.ts";
import { publishedSchema } from "../../catalog/published-schema.ts";
import type { Question } from "../../catalog/question.ts";
import type { CatalogResource, ResourceLink } from "../../catalog/resource.ts";
import type { CallContext, CatalogTool, ToolHints } from "../../catalog/tool.ts";
import type { Events } from "../../kernel/events.ts";
import { type Answers, openQuestions, withAnswers } from "./ask-person.ts";
import type { Completion } from "./completion.ts";
import { refuseParams } from "./request-error.ts";
import { type ServedPrompts, servePrompts } from "./serve-prompts.ts";
import { type ServedResources, serveResources } from "./serve-resources.ts";

/** What both protocol eras are served from; knows no SDK. */
export interface ServedCatalog {
  readonly info: { readonly name: string; readonly title: string; readonly version: string };
  readonly instructions: string;
  readonly tools: readonly PublishedTool[];
  /** Throws a RequestError when there is no such tool; everything else is a result. */
  readonly call: (request: ToolCallRequest) => Promise<ToolCallResult>;
  /** What the person is still to be asked before the call; for clients that can ask. */
  readonly questions: (request: ToolCallRequest) => Promise<readonly Question[]>;
  readonly resources: ServedResources;
  readonly prompts: ServedPrompts;
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
  /** Only for a request with a progressToken. */
  readonly progress?: CallContext["progress"];
  /** What the client sent as `_meta.traceparent` (SEP-414), unchecked. */
  readonly traceparent?: string | undefined;
  /** What the person has answered; only from clients that can ask. */
  readonly answers?: Answers;
}

interface ToolCallResult {
  content: [{ type: "text"; text: string }, ...({ type: "resource_link" } & ResourceLink)[]];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
  [extension: string]: unknown;
}

export interface ServedInfo {
  readonly version: string;
  readonly instructions: string;
}

export interface Catalog {
  readonly tools: readonly CatalogTool[];
  readonly resources: readonly CatalogResource[];
  readonly prompts: readonly CatalogPrompt[];
}

/** Converts every schema once: clients ask for the list with every connection. */
export function serveCatalog(catalog: Catalog, events: Events, served: ServedInfo): ServedCatalog {
  const byName = new Map(catalog.tools.map((tool) => [tool.name, tool]));
  const find = (name: string): CatalogTool => {
    const tool = byName.get(name);
    if (tool === undefined) throw refuseParams(unknownTool(name, catalog.tools));
    return tool;
  };
  const isOffered = ({ tools }: { readonly tools: readonly string[] }) => tools.every((name) => byName.has(name));
  const resources = catalog.resources.filter(isOffered);
  return {
    info: { name: "scheduled-conversations", title: "Scheduled Conversations", version: served.version },
    instructions: served.instructions,
    tools: catalog.tools.map(publish),
    resources: serveResources(resources, events),
    prompts: servePrompts(catalog.prompts.filter(isOffered), events),
    questions: async ({ name, arguments: input, answers, ...context }) =>
      openQuestions(find(name), input, context, answers ?? {}),
    async call({ name, arguments: input, answers, ...context }) {
      const tool = answers === undefined ? find(name) : withAnswers(find(name), answers);
      return toResult(await callTool(tool, name, input, context, events), resources.length > 0);
    },
  };
}

/** Links are of no use to a client that cannot read them here. */
function toResult(result: CallResult, servesLinks: boolean): ToolCallResult {
  if (result.isError) {
    // Without structuredContent: clients hold that against the output schema, which no error fits.
    return { content: [{ type: "text", text: JSON.stringify(result.envelope) }], isError: true };
  }
  const { text, structured, links = [] } = result;
  const shown = servesLinks ? links.map((link) => ({ type: "resource_link" as const, ...link })) : [];
  return { content: [{ type: "text", text }, ...shown], structuredContent: { ...structured } };
}

/** listChanged and subscribe are not among them: they would hold an instance open. */
export const capabilitiesOf = ({ resources, prompts }: ServedCatalog) => ({
  tools: {},
  ...(resources.templates.length === 0 ? {} : { resources: {} }),
  ...(prompts.prompts.length === 0 ? {} : { prompts: {} }),
  ...(resources.templates.length + prompts.prompts.length === 0 ? {} : { completions: {} }),
});

interface CompleteParams {
  readonly ref: { readonly type: "ref/resource"; readonly uri: string } | { readonly type: "ref/prompt"; name: string };
  readonly argument: { readonly name: string; readonly value: string };
}

/** Suggestions for the variable of an address or the argument of a prompt. */
export function complete(
  { resources, prompts }: ServedCatalog,
  principal: Principal,
  { ref, argument }: CompleteParams,
): Promise<Completion> {
  const request = { argument: argument.name, typed: argument.value, principal };
  return ref.type === "ref/prompt" ? prompts.complete(ref.name, request) : resources.complete(ref.uri, request);
}

const unknownTool = (name: string, tools: readonly CatalogTool[]): string =>
  `Unknown tool ${JSON.stringify(name)}. This server has: ${tools.map((tool) => tool.name).join(", ")}.`;

const publish = ({ name, title, description, input, output, hints }: CatalogTool): PublishedTool => ({
  name,
  title,
  description,
  inputSchema: { ...publishedSchema(input), type: "object" },
  outputSchema: { ...publishedSchema(output), type: "object" },
  annotations: { title, ...hints },
});
