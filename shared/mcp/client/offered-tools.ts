import { z } from "zod";
import type { Tool } from "../../tools/toolbox.ts";
import { modelSchema } from "./model-schema.ts";
import type { ServerSettings } from "./server-settings.ts";

/** A server's tool under the name by which a model knows it. */
export interface OfferedTool extends Tool {
  /** Its name on the server. */
  readonly original: string;
}

export interface OfferedTools {
  /** By name. */
  readonly tools: readonly OfferedTool[];
  /** In our own words: what was left out, and why. */
  readonly warnings: readonly string[];
}

/** What model APIs take as the name of a function. */
const usableName = /^[A-Za-z0-9_-]{1,64}$/;

/** OpenAI refuses longer descriptions of a function. */
const maximumDescription = 1024;

/** No warning for each of thousands. */
const maximumWarnings = 20;

/** Only what we use. Each tool is read on its own, so that a broken one does not take the others with it. */
const listedTool = z.looseObject({
  name: z.string().min(1),
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown().optional(),
  annotations: z
    .looseObject({ readOnlyHint: z.boolean().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

type ListedTool = z.output<typeof listedTool>;

/** The tools of a server's list that a model can be offered. Pure. */
export function offeredTools(server: ServerSettings, listed: readonly unknown[]): OfferedTools {
  const offered = new Map<string, OfferedTool>();
  const warnings: string[] = [];
  const leaveOut = (tool: string, why: string): void =>
    void warnings.push(`The tool ${quoted(tool)} is left out: ${why}.`);
  for (const item of listed) {
    const parsed = listedTool.safeParse(item);
    if (!parsed.success) {
      warnings.push("A tool is left out: it has no name.");
      continue;
    }
    const tool = parsed.data;
    if (server.tools !== undefined && !server.tools.includes(tool.name)) continue;
    if (server.readOnly && !isReadOnly(tool)) {
      if (server.tools !== undefined) leaveOut(tool.name, "it may change something, and the server is read_only");
      continue;
    }
    const name = `${server.name}__${tool.name}`;
    const read = readTool(server.name, name, tool);
    if (offered.has(name)) leaveOut(tool.name, "the server has two tools of this name");
    else if ("problem" in read) leaveOut(tool.name, read.problem);
    else offered.set(name, read);
  }
  warnings.push(...missing(server, listed));
  const tools = [...offered.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  return { tools, warnings: shortened(warnings) };
}

const isReadOnly = ({ annotations }: ListedTool): boolean => annotations?.readOnlyHint === true;

function readTool(server: string, name: string, tool: ListedTool): OfferedTool | { problem: string } {
  if (!usableName.test(name)) return { problem: nameProblem(name) };
  const checked = modelSchema(tool.inputSchema);
  if ("problem" in checked) return checked;
  return {
    name,
    original: tool.name,
    description: (tool.description ?? tool.title ?? "").slice(0, maximumDescription),
    inputSchema: checked.schema,
    readOnly: isReadOnly(tool),
    server,
  };
}

const nameProblem = (name: string): string =>
  name.length > 64
    ? `with the server's, its name is longer than the 64 characters of a function's name`
    : "its name has other characters than letters, digits, _ and -";

function missing({ tools = [] }: ServerSettings, listed: readonly unknown[]): string[] {
  const names = new Set(listed.map((item) => listedTool.safeParse(item).data?.name));
  return tools
    .filter((name) => !names.has(name))
    .map((name) => `The server has no tool ${quoted(name)}, which MCP_SERVERS names.`);
}

const quoted = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

const shortened = (warnings: readonly string[]): readonly string[] =>
  warnings.length <= maximumWarnings
    ? warnings
    : [...warnings.slice(0, maximumWarnings), `${warnings.length - maximumWarnings} more warnings of this kind.`];
