import type { Principal } from "../access/principal.ts";
import type { Complete } from "./resource.ts";

export interface PromptArgument {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly required: boolean;
  readonly complete?: Complete;
}

/** What the person says, or material that goes with it. */
export type PromptPart = { readonly text: string } | { readonly resource: PromptResource };

export interface PromptResource {
  readonly uri: string;
  readonly mimeType: string;
  readonly text: string;
}

/** Something that a person often wants, written so that a model goes about it well; knows no MCP SDK. */
export interface CatalogPrompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The tools that it sends the model to; without all of them it is not offered. */
  readonly tools: readonly string[];
  readonly arguments: readonly PromptArgument[];
  /** Required values are there; none is empty. Throws an AppError for what a caller can mend. */
  readonly write: (values: Readonly<Record<string, string>>, principal: Principal) => Promise<readonly PromptPart[]>;
}
