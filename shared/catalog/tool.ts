import type { z } from "zod";
import type { Principal } from "../access/principal.ts";
import { readInput } from "./read-input.ts";

/** Groups that MCP_TOOLSETS can choose from. */
export const toolsets = ["schedules", "runs", "conversations", "knowledge"] as const;
export type Toolset = (typeof toolsets)[number];

/** Hints as MCP defines them; every tool states all four. */
export interface ToolHints {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

export interface CallContext {
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

/** Clients forward either the structured form or the text to their model, so both carry everything. */
export interface ToolOutput {
  readonly structured: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A tool that knows no MCP SDK: the endpoint serves it to clients, the toolbox offers it to runs. */
export interface CatalogTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly toolset: Toolset;
  readonly hints: ToolHints;
  readonly example: Readonly<Record<string, unknown>>;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** Throws an AppError for everything that a caller can mend. */
  readonly call: (input: unknown, context: CallContext) => Promise<ToolOutput>;
}

/** What every answer starts with: the outcome in words, and what to do now. */
interface Words {
  readonly summary: string;
  readonly next_step: string;
}

interface ToolDefinition<Input extends z.ZodObject, Output extends z.ZodObject>
  extends Omit<CatalogTool, "input" | "output" | "call"> {
  readonly input: Input;
  readonly output: Output;
  readonly handle: (input: z.output<Input>, context: CallContext) => Promise<z.output<Output> & Words>;
}

export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>({
  handle,
  description,
  ...definition
}: ToolDefinition<Input, Output>): CatalogTool {
  return {
    ...definition,
    description: `${description} Example: ${JSON.stringify(definition.example)}`,
    async call(raw, context) {
      const structured = await handle(readInput(definition.input, raw), context);
      return { structured, text: `${structured.summary}\n${structured.next_step}\n\n${JSON.stringify(structured)}` };
    },
  };
}

export const readOnly: ToolHints = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
