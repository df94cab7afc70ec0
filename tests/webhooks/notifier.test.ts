import { afterEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../shared/kernel/errors.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import { Secret } from "../../shared/kernel/secret.ts";
import type { Letter } from "../../shared/runs/notifier.ts";
import { toLogText } from "../../shared/telemetry/log-text.ts";
import { createNotifier, type NotifierOptions } from "../../shared/webhooks/notifier.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { startReceiver, testSecret, verified } from "../support/receiver.ts";
import { waitFor } from "../support/wait-for.ts";

const body = JSON.stringify({ type: "run.finished", data: { answer: "überall" } });

function createSender(options: Partial<NotifierOptions> = {}) {
  const recorded: AppEvent[] = [];
  const events = { record: (event: AppEvent) => void recorded.push(event) };
  const notifier = createNotifier({
    readSecret: async () => new Secret(testSecret),
    isLocal: true,
    events,
    targets: createQuietTargets(),
    ...options,
  });
  const send = (url: string, letter: Partial<Letter> = {}) =>
    notifier.deliver({ id: "run_1_run_finished", url, isOperators: false, sentAt: Date.now(), body, ...letter });
  return { send, recorded };
}

describe("a notification", () => {
  afterEach(() => void vi.useRealTimers());

  it("is signed so that the public verifier of Standard Webhooks accepts it, and not with a byte changed", async () => {
    await using receiver = await startReceiver();
    expect(await createSender().send(receiver.url)).toEqual({ kind: "delivered", status: 200 });
    const [got] = receiver.received;
    if (got === undefined) throw new Error("Nothing was received.");
    expect(verified(got)).toEqual(JSON.parse(body));
    expect(got.headers.get("content-type")).toBe("application/json");
    expect(() => verified({ ...got, body: got.body.replace("run", "ran") })).toThrow();
    expect(() =>
      verified(got, `whsec_${Buffer.from("another key of the same length..").toString("base64")}`),
    ).toThrow();
  });

  it("carries its id and no signature where there is no key", async () => {
    await using receiver = await startReceiver();
    await createSender({ readSecret: undefined }).send(receiver.url);
    const headers = receiver.received[0]?.headers;
    expect([headers?.get("webhook-id"), headers?.get("webhook-signature")]).toEqual(["run_1_run_finished", null]);
  });

  it("is signed with a key that was rotated meanwhile", async () => {
    await using receiver = await startReceiver();
    const rotated = `whsec_${Buffer.from("another key of the same length..").toString("base64")}`;
    let key = testSecret;
    const { send } = createSender({ readSecret: async () => new Secret(key) });
    await send(receiver.url);
    key = `${rotated}\n`;
    await send(receiver.url);
    const [first, second] = receiver.received;
    if (first === undefined || second === undefined) throw new Error("Two were to be received.");
    expect(verified(first)).toEqual(verified(second, rotated));
  });

  it.each<[string, () => Promise<Secret>]>([
    ["cannot be read", () => Promise.reject(new AppError("SERVICE_ERROR", "Key Vault is away."))],
    ["is none", async () => new Secret("not base64 at all!")],
  ])("whose key %s is not sent at all, and is tried again", async (_what, readSecret) => {
    await using receiver = await startReceiver();
    const { send, recorded } = createSender({ readSecret });
    expect(await send(receiver.url)).toEqual({ kind: "failed", problem: "not_signed" });
    expect(receiver.received).toEqual([]);
    expect(recorded.map(({ name }) => name)).toEqual(["notification.not_sent"]);
    expect(toLogText(recorded[0]?.cause)).not.toContain("not base64");
  });

  it.each([
    { what: "refused", response: new Response(null, { status: 500 }), problem: "refused", status: 500 },
    { what: "gone", response: new Response(null, { status: 410 }), problem: "gone", status: 410 },
    {
      what: "moved to where a POST becomes a GET",
      response: new Response(null, { status: 302, headers: { location: "/other" } }),
      problem: "redirected",
      status: 302,
    },
  ])("that is $what is not delivered", async ({ response, problem, status }) => {
    await using receiver = await startReceiver(() => response);
    expect(await createSender().send(receiver.url)).toEqual({ kind: "failed", problem, status });
    expect(receiver.received).toHaveLength(1);
  });

  it.each([
    { retryAfter: "120", ms: 120_000 },
    { retryAfter: "Tue, 01 Dec 2026 07:02:00 GMT", ms: 120_000 },
    { retryAfter: "Tue, 01 Dec 2026 06:00:00 GMT", ms: undefined },
    { retryAfter: "soon", ms: undefined },
  ])("waits as long as the receiver asks: $retryAfter", async ({ retryAfter, ms }) => {
    await using receiver = await startReceiver(
      () => new Response(null, { status: 429, headers: { "retry-after": retryAfter } }),
    );
    const failed = await createSender().send(receiver.url, { sentAt: Date.parse("2026-12-01T07:00:00Z") });
    expect(failed).toEqual({ kind: "failed", problem: "refused", status: 429, ...(ms && { retryAfterMs: ms }) });
  });

  it("does not wait for a receiver that hangs, and none for a body without an end", async () => {
    await using hanging = await startReceiver(() => new Promise(() => undefined));
    expect(await createSender({ timeoutMs: 50 }).send(hanging.url)).toEqual({ kind: "failed", problem: "timed_out" });
    await using endless = await startReceiver(
      () => new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1024)) })),
    );
    expect(await createSender().send(endless.url)).toMatchObject({ kind: "delivered" });
  });

  it("waits for its turn while four others are under way, and only then", async () => {
    const held: ((response: Response) => void)[] = [];
    await using receiver = await startReceiver((count) =>
      count <= 4 ? new Promise((resolve) => held.push(resolve)) : new Response(),
    );
    const { send } = createSender();
    const first = [1, 2, 3, 4].map(() => send(receiver.url));
    expect(await send(receiver.url)).toBe("busy");
    await waitFor(() => held.length === 4, "four letters");
    for (const answer of held) answer(new Response());
    expect(await Promise.all(first)).toEqual(first.map(() => ({ kind: "delivered", status: 200 })));
    expect(await send(receiver.url)).toMatchObject({ kind: "delivered" });
  });

  it("to a receiver that fails again and again waits, while those to others go on", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const sick = new Response(null, { status: 503 });
    const { promise: later, resolve: answer } = Promise.withResolvers<Response>();
    await using receiver = await startReceiver((count) => (count <= 5 ? sick : later));
    await using other = await startReceiver();
    const { send } = createSender();
    for (let times = 0; times < 5; times++) expect(await send(receiver.url)).toMatchObject({ status: 503 });
    expect([await send(receiver.url), await send(`${receiver.url}/2`)]).toEqual(["busy", "busy"]);
    expect(await send(other.url)).toMatchObject({ kind: "delivered" });
    expect(receiver.received).toHaveLength(5);

    vi.setSystemTime(Date.now() + 30_000);
    const trying = send(receiver.url);
    await waitFor(() => receiver.received.length === 6, "the letter that tries");
    expect(await send(receiver.url)).toBe("busy");
    answer(new Response());
    expect(await trying).toMatchObject({ kind: "delivered" });
    expect(await send(receiver.url)).toMatchObject({ kind: "delivered" });
  });

  it("is not held up by addresses that are not allowed", async () => {
    const { send } = createSender({ isLocal: false });
    const refused = { kind: "failed", problem: "address_not_allowed" };
    for (let times = 0; times < 10; times++) expect(await send("https://127.0.0.1/hook")).toEqual(refused);
  });

  it("that cannot be sent tells the operator why, without the address that may be a key", async () => {
    await using receiver = await startReceiver();
    await receiver[Symbol.asyncDispose]();
    const { send, recorded } = createSender();
    const url = `${receiver.url}?sig=topsecret`;
    expect(await send(url)).toEqual({ kind: "failed", problem: "unreachable" });
    expect(recorded).toMatchObject([{ level: "warning", name: "notification.not_sent" }]);
    expect(toLogText(recorded[0]?.cause)).toContain("ECONNREFUSED");
    expect(JSON.stringify(recorded) + toLogText(recorded[0]?.cause)).not.toContain("topsecret");
  });
});

describe("outside local work", () => {
  it("nothing is sent by http://, whoever gave the address", async () => {
    await using receiver = await startReceiver();
    const { send } = createSender({ isLocal: false });
    for (const isOperators of [true, false]) {
      expect(await send(receiver.url, { isOperators })).toEqual({ kind: "failed", problem: "address_not_allowed" });
    }
    expect(receiver.received).toEqual([]);
  });

  it("a person's address does not lead to this machine, the operator's may", async () => {
    await using receiver = await startReceiver();
    const { send } = createSender({ isLocal: false });
    const url = receiver.url.replace("http:", "https:");
    expect(await send(url)).toEqual({ kind: "failed", problem: "address_not_allowed" });
    // It comes so far that it finds no TLS there.
    expect(await send(url, { isOperators: true })).toEqual({ kind: "failed", problem: "unreachable" });
  });
});
