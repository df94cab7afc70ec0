import type { z } from "zod";
import type { Principal } from "../access/principal.ts";
import type { Question } from "./question.ts";
import { readInput } from "./read-input.ts";
import type { ResourceLink } from "./resource.ts";

/** Groups that MCP_TOOLSETS can choose from. */
export const toolsets = ["schedules", "runs", "approvals", "conversations", "knowledge", "backend"] as const;
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
  /** Tells whoever waits for the answer how it goes, in words; absent when nobody listens. Never rejects. */
  readonly progress?: ((words: string) => Promise<void>) | undefined;
}

/** Clients forward either the structured form or the text to their model, so both carry everything. */
export interface ToolOutput {
  readonly structured: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** What an answer refers to; clients show it to the person. */
  readonly links?: readonly ResourceLink[];
}

/** A tool that knows no MCP SDK: the endpoint serves it to clients, the toolbox offers it to runs. */
export interface CatalogTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly toolset: Toolset;
  readonly hints: ToolHints;
  /** Never offered to runs, whatever their allow lists say: it stands for what a person does. */
  readonly forPeopleOnly?: true;
  readonly example: Readonly<Record<string, unknown>>;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** Throws an AppError for everything that a caller can mend. */
  readonly call: (input: unknown, context: CallContext) => Promise<ToolOutput>;
  /**
   * What to ask the person before the call, where the client can do that. Depends on the input alone, so that any
   * instance can take the answers. Throws like call.
   */
  readonly questions?: (input: unknown, context: CallContext) => Promise<readonly Question[]>;
}

/** What every answer starts with: the outcome in words, and what to do now. */
interface Words {
  readonly summary: string;
  readonly next_step: string;
}

interface ToolDefinition<Input extends z.ZodObject, Output extends z.ZodObject>
  extends Omit<CatalogTool, "input" | "output" | "call" | "questions"> {
  readonly input: Input;
  readonly output: Output;
  readonly handle: (input: z.output<Input>, context: CallContext) => Promise<z.output<Output> & Words>;
  readonly links?: (structured: z.output<Output>) => readonly ResourceLink[];
  readonly ask?: (input: z.output<Input>, context: CallContext) => Promise<readonly Question[]>;
}

export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>({
  handle,
  links,
  ask,
  description,
  ...definition
}: ToolDefinition<Input, Output>): CatalogTool {
  return {
    ...definition,
    description: `${description} Example: ${JSON.stringify(definition.example)}`,
    async call(raw, context) {
      const structured = await handle(readInput(definition.input, raw), context);
      const text = `${structured.summary}\n${structured.next_step}\n\n${JSON.stringify(structured)}`;
      return { structured, text, ...(links === undefined ? {} : { links: links(structured) }) };
    },
    ...(ask === undefined ? {} : { questions: (raw, context) => ask(readInput(definition.input, raw), context) }),
  };
}

export const readOnly: ToolHints = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
