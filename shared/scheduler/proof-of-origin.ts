import { Webhook } from "standardwebhooks";
import { provenByUrl } from "../alarm/callback-url.ts";
import type { AlarmSlot } from "../alarm/external-alarm.ts";
import type { Instant } from "../kernel/clock.ts";
import type { Events } from "../kernel/events.ts";

/** What proves that a callback comes from the Scheduler, and what exactly it proves. */
export type Proof =
  | { readonly kind: "url"; readonly slot: AlarmSlot }
  | { readonly kind: "webhook"; readonly id: string | undefined }
  | { readonly kind: "token" };

/** `refused`: nothing proves it. `unchecked`: what might have proven it could not be looked at now. */
export type ProofResult = Proof | { readonly kind: "refused" } | { readonly kind: "unchecked" };

export interface ProofSources {
  /**
   * The keys of one kind: the present one first, then the one before it while it is rotated. None: nothing proves so.
   * @throws whatever keeps them from being read, which keeps nobody from proving otherwise
   */
  readonly readKeys: (kind: "url" | "webhook") => Promise<readonly string[]>;
  /** Looks at a bearer token; undefined when no callers sign in. @throws whatever keeps it from being looked at */
  readonly verifyCaller:
    | ((token: string) => Promise<{ readonly isProven: boolean; readonly problem?: string }>)
    | undefined;
  readonly now: () => Instant;
  readonly events: Events;
}

interface Carrier {
  readonly request: Request;
  /** undefined: the body is no UTF-8, so that it can have no signature of Standard Webhooks. */
  readonly text: string | undefined;
}

/** undefined: the request carries nothing of this kind. A text: why it proves nothing, for the operator. */
type Check = (carrier: Carrier, sources: ProofSources) => Promise<Proof | string | undefined>;

/**
 * Any one of three proofs is enough: the signed address, the headers of Standard Webhooks, an Entra token. A wrong one
 * beside a right one takes nothing away, since proxies and platforms add an Authorization header of their own. Keys are
 * read only for a request that carries something to be checked; storage is never touched.
 */
export async function proofOfOrigin(carrier: Carrier, sources: ProofSources): Promise<ProofResult> {
  const problems: string[] = [];
  let isUnchecked = false;
  for (const { name, check } of checks) {
    try {
      const result = await check(carrier, sources);
      if (typeof result === "object") return result;
      if (result !== undefined) problems.push(`${name}: ${result}`);
    } catch (cause) {
      isUnchecked = true;
      const message = "A proof of origin of a callback could not be checked.";
      sources.events.record({ level: "warning", name: "callback.unchecked", message, fields: { proof: name }, cause });
    }
  }
  if (isUnchecked) return { kind: "unchecked" };
  const fields = { problems: problems.join(", ") || "no proof was sent" };
  const message = "A callback without a proof of origin was refused.";
  sources.events.record({ level: "info", name: "callback.refused", message, fields });
  return { kind: "refused" };
}

const checkUrl: Check = async ({ request }, { readKeys, now }) => {
  const { searchParams } = new URL(request.url);
  if (!searchParams.has("sig")) return undefined;
  const slot = provenByUrl(searchParams, await readKeys("url"), now());
  return slot === undefined ? "forged, changed or expired" : { kind: "url", slot };
};

const checkWebhook: Check = async ({ request, text }, { readKeys }) => {
  const headers = Object.fromEntries(request.headers);
  if (headers["webhook-signature"] === undefined) return undefined;
  if (text === undefined) return "not UTF-8";
  const secrets = await readKeys("webhook");
  const isProven = secrets.some((secret) => isSigned(new Webhook(secret), text, headers));
  return isProven ? { kind: "webhook", id: headers["webhook-id"] } : "forged, changed, or more than 5 minutes old";
};

/** The library looks at the time of day itself, compares in constant time, and would parse the body as JSON unless told. */
function isSigned(webhook: Webhook, text: string, headers: Record<string, string>): boolean {
  try {
    webhook.verify(text, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

const checkToken: Check = async ({ request }, { verifyCaller }) => {
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (token === undefined) return undefined;
  if (verifyCaller === undefined) return "no callers sign in here";
  const { isProven, problem = "refused" } = await verifyCaller(token);
  return isProven ? { kind: "token" } : problem;
};

/** In the order of what they cost. */
const checks: readonly { readonly name: string; readonly check: Check }[] = [
  { name: "address", check: checkUrl },
  { name: "webhook", check: checkWebhook },
  { name: "token", check: checkToken },
];
