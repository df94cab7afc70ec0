import type { z } from "zod";
import { secondMs } from "../kernel/clock.ts";
import { address, secureAddress } from "./address.ts";
import type { SettingReader } from "./config.ts";
import { readFlag } from "./read-flag.ts";
import { wholeNumber } from "./whole-number.ts";

export interface BackendConfig {
  readonly url: string;
  /** Absent: requests carry no token. */
  readonly scope: string | undefined;
  readonly timeoutMs: number;
  /** Whether readiness looks at it. */
  readonly isProbed: boolean;
}

/** Says on purpose that the backend lets everybody in, such as one behind a private network. */
const noToken = "none";

/** The REST API behind the tools of the group `backend`; absent, and they are, without an address. */
export function readBackend(read: SettingReader, isLocal: boolean): BackendConfig | undefined {
  const isProbed = readFlag(read, "READINESS_CHECK_BACKEND", true);
  // A run gives a tool 60 seconds, in which there should be an answer.
  const timeoutMs = read.one("BACKEND_API_TIMEOUT", wholeNumber(1, 50), 10) * secondMs;
  const scope = read.text("BACKEND_API_SCOPE");
  const url = read.one<string | undefined>("BACKEND_API_URL", plain(isLocal ? address : secureAddress), undefined);
  if (url === undefined) return undefined;
  if (scope === undefined && !isLocal) {
    read.refuse(
      "BACKEND_API_SCOPE",
      `is missing: the app's identity asks for a token of this scope; ${noToken} says that the backend needs none.`,
    );
  }
  return { url, scope: scope === noToken ? undefined : scope, timeoutMs, isProbed };
}

/** The routes are put behind it, and what stands before an @ would get into logs. */
const plain = (schema: z.ZodType<string, string>) =>
  schema.refine(
    (text) => !URL.canParse(text) || isPlain(new URL(text)),
    "an address without user name, password, ? and # is expected",
  );

const isPlain = ({ username, password, search, hash }: URL): boolean => username + password + search + hash === "";
