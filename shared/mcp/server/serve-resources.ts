import type { Principal } from "../../access/principal.ts";
import type { CatalogResource, ResourceLink } from "../../catalog/resource.ts";
import { AppError } from "../../kernel/errors.ts";
import type { Events } from "../../kernel/events.ts";
import { type Completion, type CompletionRequest, completed } from "./completion.ts";
import { orRequestError, refuseParams, unknownResource } from "./request-error.ts";

/** What both protocol eras answer about resources; knows no SDK. Everything throws a RequestError. */
export interface ServedResources {
  readonly templates: readonly PublishedTemplate[];
  readonly list: (principal: Principal, cursor: string | undefined) => Promise<ResourceList>;
  readonly read: (principal: Principal, uri: string) => Promise<{ contents: ResourceText[] }>;
  /** @param uriTemplate as published */
  readonly complete: (uriTemplate: string, request: CompletionRequest) => Promise<Completion>;
}

interface PublishedTemplate {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly uriTemplate: string;
  readonly mimeType: string;
}

interface ResourceList {
  resources: ResourceLink[];
  nextCursor?: string;
  [extension: string]: unknown;
}

interface ResourceText {
  uri: string;
  mimeType: string;
  text: string;
}

export function serveResources(resources: readonly CatalogResource[], events: Events): ServedResources {
  // Clients page through one list, so only one kind of resource can have one.
  const listing = resources.find(({ list }) => list !== undefined);
  return {
    templates: resources.map(({ name, title, description, uriTemplate, mimeType }) => ({
      name,
      title,
      description,
      uriTemplate,
      mimeType,
    })),
    list: (principal, cursor) =>
      orRequestError({ kind: "resource", name: "list" }, principal, events, async () => {
        const { items, ...more } = (await listing?.list?.(principal, cursor)) ?? { items: [] };
        return { resources: [...items], ...more };
      }),
    read: (principal, uri) =>
      orRequestError({ kind: "resource", name: "read" }, principal, events, () => read(resources, principal, uri)),
    async complete(uriTemplate, request) {
      const resource = resources.find((candidate) => candidate.uriTemplate === uriTemplate);
      if (resource === undefined) throw refuseParams(unknownTemplate(uriTemplate, resources));
      const failing = { kind: "completion", name: resource.name } as const;
      const { typed, argument, principal } = request;
      return orRequestError(failing, principal, events, () => completed(resource.complete[argument], typed, principal));
    },
  };
}

async function read(resources: readonly CatalogResource[], principal: Principal, uri: string) {
  for (const { read: readText, mimeType } of resources) {
    const text = readText(uri, principal);
    if (text !== undefined) return { contents: [{ uri, mimeType, text: await orNotFound(uri, text) }] };
  }
  throw unknownResource(uri, `There is no resource ${JSON.stringify(uri)}. ${formsOf(resources)}`);
}

async function orNotFound(uri: string, text: Promise<string>): Promise<string> {
  try {
    return await text;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.details.reason === "not_found") throw unknownResource(uri, thrown.message);
    throw thrown;
  }
}

const unknownTemplate = (uriTemplate: string, resources: readonly CatalogResource[]): string =>
  `There are no resources at ${JSON.stringify(uriTemplate)}. ${formsOf(resources)}`;

const formsOf = (resources: readonly CatalogResource[]): string =>
  `This server has: ${resources.map(({ uriTemplate }) => uriTemplate).join(", ")}.`;
