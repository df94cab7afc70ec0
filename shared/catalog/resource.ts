import type { Principal } from "../access/principal.ts";
import type { Page } from "../schedule/schedule-store.ts";

/** Something that a client can read at an address of ours. */
export interface ResourceLink {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
}

/** Suggestions for a value of which so much is typed. */
export type Complete = (typed: string, principal: Principal) => Promise<readonly string[]>;

/** Texts at addresses of one form; knows no MCP SDK. Everything throws an AppError for what a caller can mend. */
export interface CatalogResource {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** RFC 6570, level 1. */
  readonly uriTemplate: string;
  readonly mimeType: string;
  /** The tools that go with it; without all of them it is not offered. */
  readonly tools: readonly string[];
  readonly complete: Readonly<Record<string, Complete>>;
  /** undefined: the address is of another form. */
  readonly read: (uri: string, principal: Principal) => Promise<string> | undefined;
  /** Absent: clients get to know the addresses by other ways only. */
  readonly list?: (principal: Principal, cursor: string | undefined) => Promise<Page<ResourceLink>>;
}
