/** A tool that a run may use; `inputSchema` is JSON Schema. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly readOnly: boolean;
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
  /** Stable order. */
  list(): Promise<readonly Tool[]>;
  /** Failures of the tool come back as `isError` answers that a model can read; throws only when the signal aborts. */
  call(request: ToolRequest): Promise<ToolAnswer>;
}
