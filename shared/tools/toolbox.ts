/** A tool that a run may use; `inputSchema` is JSON Schema. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly readOnly: boolean;
  /** Name of the MCP server that has it, or of our own toolset: what `server:*` in an allow list means. */
  readonly server: string;
}

/** Where tools come from, and whether they can be had at this moment. */
export interface ToolSource {
  readonly server: string;
  readonly state: "ready" | "unreachable" | "auth_required";
  readonly tools: number;
  /** In our own words: tools that were left out, and why. */
  readonly warnings: readonly string[];
}

export interface ToolRequest {
  readonly name: string;
  /** JSON text as the model wrote it. */
  readonly arguments: string;
  /** Whose run it is: a tool sees what its owner sees. */
  readonly owner: string;
  /** `<schedule>:<slot>:<step>`; the same after a crash, so that a receiver can drop the repeat. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

export interface ToolAnswer {
  readonly content: string;
  readonly isError: boolean;
}

export interface Toolbox {
  /** Stable order. Tools of a server that cannot be reached are missing; it never throws and never waits for long. */
  list(): Promise<readonly Tool[]>;
  /** Names of our own tools that stand for what a person does: no run gets them. */
  readonly forPeopleOnly?: (() => readonly string[]) | undefined;
  /** The MCP servers behind it, in stable order; our own tools are always at hand and are none of these. */
  sources(): Promise<readonly ToolSource[]>;
  /** Failures of the tool come back as `isError` answers that a model can read; throws only when the signal aborts. */
  call(request: ToolRequest): Promise<ToolAnswer>;
}
