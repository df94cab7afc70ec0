import { Webhook } from "standardwebhooks";
import { type Instant, secondMs, toIso } from "../kernel/clock.ts";
import type { Events } from "../kernel/events.ts";
import type { Secret } from "../kernel/secret.ts";
import { withoutSecrets } from "../kernel/without-secrets.ts";
import { BreakerOpen, noBreaker } from "../resilience/breaker.ts";
import { onceWithin } from "../resilience/retry.ts";
import type { CallFailures, CallPolicy, Targets } from "../resilience/targets.ts";
import type { Delivery } from "../runs/notice.ts";
import type { Letter, Notifier } from "../runs/notifier.ts";
import { AddressNotAllowed, type Answer, postChecked } from "./post-checked.ts";
import { createReceivers } from "./receivers.ts";

export interface NotifierOptions {
  /** Gives whsec_..., for each letter anew; without it nothing is signed. */
  readonly readSecret: (() => Promise<Secret>) | undefined;
  readonly isLocal: boolean;
  readonly events: Events;
  readonly targets: Targets;
  /** A receiver that has not answered by then is tried again later. */
  readonly timeoutMs?: number;
}

/** Half of the messages that host.json gives a process at a time: receivers that hang leave the rest to runs. */
const mostUnderWay = 4;

/** Posts letters, signed as Standard Webhooks has it. See the port. */
export function createNotifier(options: NotifierOptions): Notifier {
  const { readSecret, isLocal, events, targets, timeoutMs = 10 * secondMs } = options;
  const target = targets.open("notifications", policyOf(timeoutMs), failures);
  const receivers = createReceivers(failures.isUnwell);
  let underWay = 0;
  return {
    async deliver(letter) {
      const { url, isOperators, body } = letter;
      if (underWay >= mostUnderWay || !receivers.mayTry(url)) return "busy";
      underWay++;
      const allow = { anyAddress: isOperators || isLocal, anyRedirect: isLocal, plainHttp: isLocal };
      try {
        const signer = await openSigner(readSecret);
        const answer = await target.call("deliver", ({ signal, headers: trace }) => {
          const headers = { ...trace, ...headersOf(letter, signer) };
          return receivers.post(url, async () => healthy(await postChecked(url, { headers, body, allow, signal })));
        });
        return deliveryOf(answer, letter.sentAt);
      } catch (thrown) {
        if (thrown instanceof BreakerOpen) return "busy";
        if (thrown instanceof ReceiverUnwell) return deliveryOf(thrown.answer, letter.sentAt);
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

/** One attempt: a letter is tried again over hours, with its run's own messages. A breaker for all receivers is none. */
const policyOf = (timeoutMs: number): CallPolicy => ({
  retry: onceWithin(timeoutMs),
  breaker: noBreaker,
});

const failures: CallFailures = {
  isUnwell: (thrown) => !(thrown instanceof AddressNotAllowed),
};

/** The receiver answered, and with an error of its own. */
class ReceiverUnwell extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`The receiver answered with HTTP ${answer.status}.`);
    this.answer = answer;
  }
}

function healthy(answer: Answer): Answer {
  if (answer.status >= 500) throw new ReceiverUnwell(answer);
  return answer;
}

/** What holds signing up is no problem of the receiver's. */
class NotSigned extends Error {}

async function openSigner(readSecret: NotifierOptions["readSecret"]): Promise<Webhook | undefined> {
  if (readSecret === undefined) return undefined;
  try {
    return new Webhook((await readSecret()).open().trim());
  } catch (cause) {
    throw new NotSigned("The secret NOTIFY-SECRET cannot be read, or is none of the form whsec_...", { cause });
  }
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
  if (thrown instanceof NotSigned) return "not_signed";
  const isTimeout = thrown instanceof Error && (thrown.name === "TimeoutError" || thrown.name === "AbortError");
  return isTimeout ? "timed_out" : "unreachable";
}
