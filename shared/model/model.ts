/** A tool as the model sees it; `parameters` is JSON Schema. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ModelToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text exactly as the model wrote it; it may not parse. */
  readonly arguments: string;
}

export type ModelMessage =
  | { readonly role: "system" | "user"; readonly text: string }
  | { readonly role: "assistant"; readonly text: string; readonly toolCalls: readonly ModelToolCall[] }
  | { readonly role: "tool"; readonly callId: string; readonly text: string; readonly isError: boolean };

export interface ModelRequest {
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ModelTool[];
  /** Model or deployment name; absent means the configured one. */
  readonly model?: string;
  readonly maxOutputTokens?: number;
  readonly signal: AbortSignal;
}

/**
 * Why the model gave no answer. transient, throttled: try again later, and not before the given time. content_filter:
 * the provider refused prompt or answer. auth: sign-in or permission is missing. quota: the account's money is spent.
 * too_long: the prompt exceeds the context. invalid: the request itself was refused, trying again cannot help.
 */
export type ModelFailure =
  | { readonly class: "transient"; readonly retryAfterMs?: number }
  | { readonly class: "throttled"; readonly retryAfterMs?: number }
  | { readonly class: "content_filter"; readonly categories: readonly string[] }
  | { readonly class: "auth" }
  | { readonly class: "quota" }
  | { readonly class: "too_long" }
  | { readonly class: "invalid" };

export interface ModelReply {
  readonly text: string;
  readonly toolCalls: readonly ModelToolCall[];
  /** Which model answered, as the provider names it. */
  readonly model: string;
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number };
  readonly finishReason: "stop" | "tool_calls" | "length" | "content_filter" | "other";
  /** The content filter's categories that ended the answer, where the provider names them. */
  readonly filtered?: readonly string[];
}

export type ModelAnswer =
  | { readonly ok: true; readonly reply: ModelReply }
  | { readonly ok: false; readonly failure: ModelFailure };

export interface Model {
  /** One call, no retries of its own: the run decides about those. Throws only when the signal aborts. */
  complete(request: ModelRequest): Promise<ModelAnswer>;
}
