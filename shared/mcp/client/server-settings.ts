import type { SecretText } from "../../kernel/secret.ts";

/** How the app signs in to a server: which token goes with each request. */
export type ServerAuth =
  | {
      readonly kind: "api-key";
      readonly clientId: string;
      readonly apiKey: SecretText;
      /** Takes {"clientId","apiKey"}, gives {"token","expiresIn"}. */
      readonly tokenUrl: string;
    }
  /** OAuth 2.1, grant type client_credentials. */
  | {
      readonly kind: "client-credentials";
      readonly clientId: string;
      readonly clientSecret: SecretText;
      readonly tokenUrl: string;
      readonly scope: string;
    }
  | { readonly kind: "managed-identity"; readonly scope: string }
  /** The token itself is a secret. */
  | { readonly kind: "bearer-secret"; readonly secret: string };

export interface WebTransport {
  /** `http`: Streamable HTTP, or the older `sse` when the server refuses it. */
  readonly type: "http" | "sse";
  readonly url: string;
  readonly auth?: ServerAuth | undefined;
}

/** A program that is started and spoken to over its standard input and output. */
export interface ProgramTransport {
  readonly type: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  /** Added to PATH, HOME and the like; nothing else of our own environment reaches the program. */
  readonly env: Readonly<Record<string, string>>;
}

/** One MCP server whose tools runs may use. */
export interface ServerSettings {
  /** Stands before the names of its tools: `name__tool`. */
  readonly name: string;
  readonly transport: WebTransport | ProgramTransport;
  /** Which of its tools to offer; absent: all. */
  readonly tools?: readonly string[] | undefined;
  /** Offer only those that say of themselves that they change nothing. */
  readonly readOnly: boolean;
}
