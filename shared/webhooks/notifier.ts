import { Webhook } from "standardwebhooks";
import { type Instant, secondMs, toIso } from "../kernel/clock.ts";
import type { Events } from "../kernel/events.ts";
import { withoutSecrets } from "../kernel/without-secrets.ts";
import type { Delivery } from "../runs/notice.ts";
import type { Letter, Notifier } from "../runs/notifier.ts";
import { AddressNotAllowed, type Answer, postChecked } from "./post-checked.ts";

export interface NotifierOptions {
  /** whsec_...; without it nothing is signed. */
  readonly secret: string | undefined;
  readonly isLocal: boolean;
  readonly events: Events;
  /** A receiver that has not answered by then is tried again later. */
  readonly timeoutMs?: number;
}

/** Half of the messages that host.json gives a process at a time: receivers that hang leave the rest to runs. */
const mostUnderWay = 4;

/** Posts letters, signed as Standard Webhooks has it. See the port. */
export function createNotifier({ secret, isLocal, events, timeoutMs = 10 * secondMs }: NotifierOptions): Notifier {
  const signer = secret === undefined ? undefined : new Webhook(secret);
  let underWay = 0;
  return {
    async deliver(letter) {
      if (underWay >= mostUnderWay) return "busy";
      const { url, isOperators, body } = letter;
      underWay++;
      const allow = { anyAddress: isOperators || isLocal, anyRedirect: isLocal, plainHttp: isLocal };
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const answer = await postChecked(url, { headers: headersOf(letter, signer), body, allow, signal });
        return deliveryOf(answer, letter.sentAt);
      } catch (thrown) {
        events.record({
          level: "warning",
          name: "notification.not_sent",
          message: "A notification could not be sent.",
          fields: { id: letter.id, at: toIso(letter.sentAt) },
          // The address is a secret where a receiver knows us by it.
          cause: withoutSecrets(thrown, url),
        });
        return { kind: "failed", problem: problemOf(thrown) };
      } finally {
        underWay--;
      }
    },
  };
}

function headersOf({ id, sentAt, body }: Letter, signer: Webhook | undefined): Record<string, string> {
  const sent = new Date(sentAt);
  return {
    "content-type": "application/json",
    "user-agent": "scheduled-conversations",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(sentAt / secondMs)),
    ...(signer === undefined ? {} : { "webhook-signature": signer.sign(id, sent, body) }),
  };
}

function deliveryOf({ status, retryAfter }: Answer, now: Instant): Delivery {
  if (status >= 200 && status < 300) return { kind: "delivered", status };
  if (status === 410) return { kind: "failed", problem: "gone", status };
  if (status >= 300 && status < 400) return { kind: "failed", problem: "redirected", status };
  const retryAfterMs = waitOf(retryAfter, now);
  return { kind: "failed", problem: "refused", status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function waitOf(retryAfter: string | undefined, now: Instant): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * secondMs : Date.parse(retryAfter) - now;
  return ms > 0 ? ms : undefined;
}

function problemOf(thrown: unknown): Extract<Delivery, { kind: "failed" }>["problem"] {
  if (thrown instanceof AddressNotAllowed) return "address_not_allowed";
  const isTimeout = thrown instanceof Error && (thrown.name === "TimeoutError" || thrown.name === "AbortError");
  return isTimeout ? "timed_out" : "unreachable";
}
