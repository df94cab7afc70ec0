import { connect, type Session } from "../client/connect.ts";
import { connectFailure } from "../client/connect-failure.ts";

export interface Access {
  readonly key: string | undefined;
  readonly token: string | undefined;
  /** Signs addresses of callbacks; absent: only that a stranger's callback is refused can be seen. */
  readonly callbackKey: string | undefined;
}

/** The app under test, and what the checks have made there so far. */
export interface Deployment {
  readonly callbackKey: string | undefined;
  /** The address of a path of the app. */
  readonly at: (path: string) => URL;
  /** The MCP client, connected with the first use. */
  readonly session: () => Promise<Session>;
  /** Words for a connection that failed. */
  readonly failure: (thrown: unknown) => string | undefined;
  readonly close: () => Promise<void>;
  readonly made: {
    /** Planned time in milliseconds. */
    slot?: number;
    scheduleId?: string;
    conversationId?: string;
  };
}

export function openDeployment(base: URL, { key, token, callbackKey }: Access): Deployment {
  const at = (path: string) => new URL(path, base.href.endsWith("/") ? base : `${base.href}/`);
  let session: Promise<Session> | undefined;
  return {
    callbackKey,
    at,
    session: () => (session ??= connect(at("mcp"), { name: "smoke", key, token })),
    failure: (thrown) => connectFailure(thrown, at("mcp"), "npm run smoke --"),
    close: async () => {
      await (await session?.catch(() => undefined))?.close().catch(() => undefined);
    },
    made: {},
  };
}
