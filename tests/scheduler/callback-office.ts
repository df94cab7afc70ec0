import { Webhook } from "standardwebhooks";
import { expect } from "vitest";
import { signedCallbackUrl } from "../../shared/alarm/callback-url.ts";
import { createCallerVerifier } from "../../shared/azure/caller-token.ts";
import type { Instant } from "../../shared/kernel/clock.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import { type CallbackEndpointOptions, createCallbackEndpoint } from "../../shared/scheduler/callback-endpoint.ts";
import type { Callback, CallbackAnswer } from "../../shared/use-cases/take-callback.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";

export const scheduleId = "local-0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
/** The last full minute: the library of Standard Webhooks looks at the real time of day. */
export const slot: Instant = Math.floor(Date.now() / 60_000) * 60_000;
export const runId = `${scheduleId}.p${slot / 1000}`;
export const address = "https://contoso.com/scheduler/callback";

const whsec = (name: string): string => `whsec_${Buffer.from(`${name}: 32 bytes that tests know.`).toString("base64")}`;

export const urlKeys = { present: "the present key", previous: "the previous key", older: "an older key" };
export const secrets = { present: whsec("present"), previous: whsec("previous"), older: whsec("older") };

export const keysInUse: CallbackEndpointOptions["readKeys"] = async (kind) =>
  kind === "url" ? [urlKeys.present, urlKeys.previous] : [secrets.present, secrets.previous];

/** The real endpoint; what reaches the use case behind it, and what is told to the operator, is kept. */
export function openOffice(options: Partial<CallbackEndpointOptions> = {}) {
  const taken: Callback[] = [];
  const recorded: AppEvent[] = [];
  const { takeCallback = async (): Promise<CallbackAnswer> => ({ kind: "accepted", runId }), ...others } = options;
  const post = createCallbackEndpoint({
    takeCallback: async (callback) => {
      taken.push(callback);
      return takeCallback(callback);
    },
    readKeys: keysInUse,
    verifyCaller: undefined,
    now: () => slot,
    events: { record: (event) => void recorded.push(event) },
    ...others,
  });
  return { post, taken, recorded };
}

export interface Posted {
  readonly url?: string;
  readonly body?: RequestInit["body"];
  readonly headers?: Readonly<Record<string, string>>;
}

export const request = ({ url = address, body = "", headers = {} }: Posted = {}): Request =>
  new Request(url, { method: "POST", body, headers, duplex: "half" } as RequestInit);

export const signedUrl = (key = urlKeys.present, armed = { scheduleId, slot }): string =>
  signedCallbackUrl("https://contoso.com", armed, key);

/** The headers that a sender of Standard Webhooks puts on a body. */
export function webhookHeaders(body: string, { secret = secrets.present, ageSeconds = 0, id = "msg_1" } = {}) {
  const sentAt = new Date(Date.now() - ageSeconds * 1000);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, sentAt, body),
  };
}

export const envelope = (conversationId = runId, status = "due", content: unknown = "x"): string =>
  JSON.stringify({ conversationId, status, content });

export const verifierFor = (rules: Omit<Parameters<typeof createCallerVerifier>[0], "now" | "targets">) =>
  createCallerVerifier({ ...rules, now: Date.now, targets: createQuietTargets() });

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export const said = async (response: Response): Promise<[number, unknown]> => [response.status, await response.json()];

/** A body with the signature that proves it. */
export const signed = (body: string): Request => request({ body, headers: webhookHeaders(body) });

export const refusal = (message: unknown, error = "VALIDATION_ERROR") => ({ success: false, error, message });

export const unproven = [
  401,
  { success: false, error: "AUTHENTICATION_ERROR", message: "This callback does not prove where it comes from." },
];
/** Each is refused in the same words, and nothing of it gets further. */
export async function expectRefused(posted: Posted, options: Parameters<typeof openOffice>[0] = {}): Promise<void> {
  const { post, taken, recorded } = openOffice(options);
  const response = await post(request(posted));
  expect([...response.headers.keys()].toSorted()).toEqual(["content-type", "www-authenticate"]);
  expect(await said(response)).toEqual(unproven);
  expect(taken).toEqual([]);
  expect(recorded.map(({ level, name }) => [level, name])).toEqual([["info", "callback.refused"]]);
}
