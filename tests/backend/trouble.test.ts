import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../shared/kernel/errors.ts";
import { breakBefore, fallSilent, loseAnswer, type ServedBackend, says, startBackend } from "../support/backend.ts";
import { secret, troubles } from "./troubles.ts";

const { signal } = new AbortController();
const ticket = { title: "No light in the hall", description: "Since this morning." };

let served: ServedBackend;
beforeEach(async () => {
  served = await startBackend({ token: async () => secret, admits: secret });
});
afterEach(() => served[Symbol.asyncDispose]());

const list = (): Promise<unknown> => served.backend.listTickets({}, { skip: 0, limit: 10 }, signal);
const create = (): Promise<unknown> => served.backend.createTicket(ticket, "key", signal);
const failureOf = (call: Promise<unknown>): Promise<AppError> =>
  call.then(
    () => Promise.reject(new Error("It did not fail.")),
    (thrown: unknown) => (thrown instanceof AppError ? thrown : Promise.reject(thrown)),
  );
const openTickets = async (title: string) =>
  (await served.backend.listTickets({}, { skip: 0, limit: 100 }, signal)).items.filter((one) => one.title === title);

describe.each(troubles)("$name", ({ bend, code, attempts, words, mayBeDone }) => {
  it.each([
    ["a list", list, attempts[0]],
    ["a new ticket", create, attempts[1]],
  ] as const)(
    "of the backend: %s fails with a code and what to do, and repeats nothing foreign",
    async (what, call, expected) => {
      served.bendNext(bend, bend, bend);
      const failure = await failureOf(call());
      expect(failure).toMatchObject({ code, message: expect.stringMatching(words) });
      expect(served.seen).toHaveLength(expected);
      expect(failure.details.may_be_done).toBe(what === "a new ticket" ? mayBeDone : undefined);
      const told = JSON.stringify([failure.message, failure.details]);
      expect(told).not.toMatch(/s3cr3t|foreign|127\.0\.0\.1/);
      // The log keeps what was said, without the token.
      expect(String(failure.cause)).not.toContain(secret);
    },
  );
});

describe("a backend that is slow", () => {
  beforeEach(async () => {
    await served[Symbol.asyncDispose]();
    served = await startBackend({ timeoutMs: 500 });
  });

  it("is given up after BACKEND_API_TIMEOUT: three times for what reads, once for a new ticket", async () => {
    served.bendNext(fallSilent, fallSilent, fallSilent);
    expect(await failureOf(list())).toMatchObject({
      code: "TIMEOUT_ERROR",
      message: expect.stringContaining("in time"),
    });
    expect(served.seen).toHaveLength(3);
    served.bendNext(fallSilent);
    expect(await failureOf(create())).toMatchObject({ code: "TIMEOUT_ERROR", details: { may_be_done: true } });
    expect(served.seen).toHaveLength(4);
  });

  it("may answer within it at a later attempt", async () => {
    served.bendNext(fallSilent);
    await expect(list()).resolves.toBeDefined();
  });

  it("is given up with its caller, whose reason it is", async () => {
    served.bendNext(fallSilent);
    const reason = new Error("the run was stopped");
    const waiting = new AbortController();
    const call = served.backend.listUsers({ skip: 0, limit: 1 }, waiting.signal);
    waiting.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

describe("a backend that is down", () => {
  beforeEach(() => served.stop());

  it("was never asked, so that a ticket is tried again and cannot be there", async () => {
    const failure = await failureOf(create());
    expect(failure).toMatchObject({ code: "SERVICE_ERROR", message: expect.stringContaining("BACKEND_API_URL") });
    expect(failure.details).not.toHaveProperty("may_be_done");
  });

  it("is left alone after five failures in a row", async () => {
    await failureOf(list());
    await failureOf(list());
    const failure = await failureOf(create());
    expect(failure).toMatchObject({ code: "SERVICE_ERROR", message: expect.stringContaining("nothing was sent") });
    expect(failure.details).not.toHaveProperty("may_be_done");
    expect(served.target.health()).toMatchObject({ state: "degraded", breaker: "open", error: "SERVICE_ERROR" });
  });
});

describe("what passes", () => {
  it.each([
    ["500, twice", says(500)],
    ["429", says(429, {}, { "retry-after-ms": "20" })],
    ["a connection that breaks", breakBefore],
  ])("is waited out where only reading was asked for: %s", async (_name, bend) => {
    served.bendNext(bend, bend);
    await expect(list()).resolves.toMatchObject({ total: expect.any(Number) });
    expect(served.seen).toHaveLength(3);
  });

  it("is waited for as long as the backend says", async () => {
    served.bendNext(says(429, {}, { "retry-after-ms": "250" }));
    const startedAt = performance.now();
    await list();
    // Timers may fire a little early.
    expect(performance.now() - startedAt).toBeGreaterThan(240);
  });

  it("is not waited for when that would take too long: the caller is told", async () => {
    served.bendNext(says(429, {}, { "retry-after": "3600" }));
    expect(await failureOf(list())).toMatchObject({
      message: "The backend asks for fewer calls. Try again in 3600 seconds.",
      details: { retry_after_seconds: 3600 },
    });
    expect(served.seen).toHaveLength(1);
  });

  it("does not open the breaker where the backend only finds fault with the calls", async () => {
    for (let calls = 0; calls < 6; calls++) {
      served.bendNext(says(422));
      await failureOf(list());
    }
    await expect(list()).resolves.toBeDefined();
  });
});

describe("a ticket whose answer was lost", () => {
  it("is not sent again by itself, and is one when its caller sends it again with the same key", async () => {
    served.bendNext(loseAnswer);
    expect(await failureOf(create())).toMatchObject({ code: "SERVICE_ERROR", details: { may_be_done: true } });
    expect(served.seen).toHaveLength(1);
    const [found] = await openTickets(ticket.title);
    expect(await create()).toEqual(found);
    expect(await openTickets(ticket.title)).toHaveLength(1);
  });
});

describe("the words of a backend about wrong values", () => {
  const sent = { fields: ["title", "description", "idempotency_key"] };

  it.each([
    ["our envelope", { error: "VALIDATION_ERROR", details: { fields: ["title", "s3cr3t"] } }, ["title"]],
    ["FastAPI", { detail: [{ loc: ["body", "description"], msg: "s3cr3t", input: "s3cr3t" }] }, ["description"]],
    ["a list position", { detail: [{ loc: ["body", 3] }] }, []],
    ["another text", "s3cr3t", []],
  ])("name a field only where it was sent: %s", async (_name, body, fields) => {
    served.bendNext(says(422, body));
    const failure = await failureOf(create());
    expect(failure.details.fields).toEqual(fields);
    expect(sent.fields).toEqual(expect.arrayContaining(fields));
    expect(JSON.stringify([failure.message, failure.details, String(failure.cause)])).not.toContain("s3cr3t");
  });
});
