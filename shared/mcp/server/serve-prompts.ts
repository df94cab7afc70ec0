import type { Principal } from "../../access/principal.ts";
import type { CatalogPrompt, PromptPart } from "../../catalog/prompt.ts";
import type { Events } from "../../kernel/events.ts";
import { type Completion, type CompletionRequest, completed } from "./completion.ts";
import { orRequestError, refuseParams } from "./request-error.ts";

/** What both protocol eras answer about prompts; knows no SDK. Everything throws a RequestError. */
export interface ServedPrompts {
  readonly prompts: readonly PublishedPrompt[];
  readonly get: (principal: Principal, name: string, values: PromptValues) => Promise<WrittenPrompt>;
  readonly complete: (name: string, request: CompletionRequest) => Promise<Completion>;
}

type PromptValues = Readonly<Record<string, string>> | undefined;

interface PublishedPrompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: { name: string; title: string; description: string; required: boolean }[];
}

interface WrittenPrompt {
  description: string;
  messages: { role: "user"; content: PromptContent }[];
  [extension: string]: unknown;
}

type PromptContent =
  | { type: "text"; text: string }
  | { type: "resource"; resource: { uri: string; mimeType: string; text: string } };

export function servePrompts(prompts: readonly CatalogPrompt[], events: Events): ServedPrompts {
  const find = (name: string): CatalogPrompt => {
    const prompt = prompts.find((candidate) => candidate.name === name);
    if (prompt === undefined) throw refuseParams(unknownPrompt(name, prompts));
    return prompt;
  };
  return {
    prompts: prompts.map(publish),
    async get(principal, name, values = {}) {
      const prompt = find(name);
      const given = readValues(prompt, values);
      const failing = { kind: "prompt", name } as const;
      const parts = await orRequestError(failing, principal, events, () => prompt.write(given, principal));
      const messages = parts.map((part) => ({ role: "user" as const, content: contentOf(part) }));
      return { description: prompt.description, messages };
    },
    async complete(name, { argument, typed, principal }) {
      const { complete } = find(name).arguments.find((candidate) => candidate.name === argument) ?? {};
      const failing = { kind: "completion", name } as const;
      return orRequestError(failing, principal, events, () => completed(complete, typed, principal));
    },
  };
}

const unknownPrompt = (name: string, prompts: readonly CatalogPrompt[]): string =>
  `Unknown prompt ${JSON.stringify(name)}. This server has: ${prompts.map((prompt) => prompt.name).join(", ")}.`;

const publish = ({ name, title, description, arguments: all }: CatalogPrompt): PublishedPrompt => ({
  name,
  title,
  description,
  arguments: all.map(({ complete: _complete, ...published }) => published),
});

/** Far longer than what a person writes into such a field. */
const maximumCharacters = 4000;

/** Values as the prompt takes them. Forms send empty text for fields that were left alone. */
function readValues({ name, arguments: all }: CatalogPrompt, values: NonNullable<PromptValues>) {
  const given = Object.entries(values).filter(([, value]) => value.trim() !== "");
  const known = all.map((argument) => argument.name);
  const unknown = given.find(([key]) => !known.includes(key));
  if (unknown !== undefined) {
    throw refuseParams(`${name} has no argument ${JSON.stringify(unknown[0])}; known are ${known.join(", ")}.`);
  }
  const missing = all.find(({ name: key, required }) => required && !given.some(([present]) => present === key));
  if (missing !== undefined) {
    throw refuseParams(`${name} needs the argument ${missing.name}. ${missing.description}`);
  }
  const long = given.find(([, value]) => value.length > maximumCharacters);
  if (long !== undefined) {
    throw refuseParams(
      `${long[0]} has ${long[1].length} characters, ${maximumCharacters} are allowed. Say it shorter.`,
    );
  }
  return Object.fromEntries(given);
}

const contentOf = (part: PromptPart): PromptContent =>
  "text" in part ? { type: "text", text: part.text } : { type: "resource", resource: { ...part.resource } };
