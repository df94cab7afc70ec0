import { AzureOpenAI, type ClientOptions, OpenAI } from "openai";
import { invalid } from "../kernel/errors.ts";
import type { Secret } from "../kernel/secret.ts";
import { isSendableKey } from "./sendable-key.ts";

export type AzureOpenAiSettings = {
  /** The resource's address, with or without the `/openai/v1/` that the portal shows. */
  readonly endpoint: string;
  /** Only for dated deployments; without it the version-free v1 API is used. */
  readonly apiVersion?: string | undefined;
} & (
  | { readonly tokenProvider: () => Promise<string>; readonly readKey?: never }
  | { readonly readKey: ReadKey; readonly tokenProvider?: never }
);

/** Asked before every request, so that a rotated key is used at once. */
type ReadKey = () => Promise<Secret>;

/** A client of Azure OpenAI; the token provider is asked before every request and does its own caching. */
export function createAzureOpenAiClient(settings: AzureOpenAiSettings): OpenAI {
  const { apiVersion, tokenProvider, readKey } = settings;
  const root = `${settings.endpoint.replace(/\/+$/, "").replace(/\/openai(\/v1)?$/, "")}/openai`;
  const credential = tokenProvider ?? sendableKey(readKey);
  if (apiVersion === undefined) return new OpenAI({ ...clientOptions, baseURL: `${root}/v1/`, apiKey: credential });
  // An empty key, not an absent one: for that the client would look into the environment.
  const dated = { ...clientOptions, baseURL: root, apiVersion, apiKey: "", azureADTokenProvider: credential };
  return new AzureOpenAI(tokenProvider === undefined ? { ...dated, fetch: fetchWithKey } : dated);
}

/** A client of any server that speaks OpenAI's protocol (OpenAI itself, vLLM, Ollama); the key is optional. */
export function createOpenAiCompatibleClient(settings: {
  readonly baseUrl: string;
  readonly readKey?: ReadKey | undefined;
}): OpenAI {
  const options = { ...clientOptions, baseURL: settings.baseUrl };
  if (settings.readKey !== undefined) return new OpenAI({ ...options, apiKey: sendableKey(settings.readKey) });
  // The client insists on a key; without the header no server gets to see, or to refuse, this one.
  return new OpenAI({ ...options, apiKey: "unused", defaultHeaders: { Authorization: null } });
}

/**
 * Node's fetch gives up on headers that take longer than 300 s, and an answer that is not streamed sends its headers
 * last, so no more than that can be promised. The signal of a call is usually shorter.
 */
export const timeoutMs = 240_000;

/** The nulls keep the client from reading accounts and keys out of environment variables that nobody configured here. */
const clientOptions = {
  timeout: timeoutMs,
  // The client would write to the console; failures are recorded as events instead.
  logLevel: "off",
  organization: null,
  project: null,
  adminAPIKey: null,
  webhookSecret: null,
  // A model API has no reason to redirect, and a followed 307 would carry the conversation to another host.
  fetchOptions: { redirect: "manual" },
} satisfies ClientOptions;

/** Line breaks at the end are common in stored secrets. Others fail here, not as a fetch error that quotes the key. */
const sendableKey = (readKey: ReadKey) => async (): Promise<string> => {
  const key = (await readKey()).open().trim();
  if (isSendableKey(key)) return key;
  throw invalid("The model's API key is empty or holds characters that no HTTP header can carry. Store it again.");
};

/** Dated deployments take a key in a header of its own; the client puts what a function gives into Authorization. */
const fetchWithKey: NonNullable<ClientOptions["fetch"]> = (url, init) => {
  const headers = new Headers(init?.headers);
  headers.set("api-key", headers.get("authorization")?.replace(/^Bearer /, "") ?? "");
  headers.delete("authorization");
  return fetch(url, { ...init, headers });
};
