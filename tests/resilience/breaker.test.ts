import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BreakerOpen, createBreaker } from "../../shared/resilience/breaker.ts";

class Unwell extends Error {}

function createSample() {
  const told: string[] = [];
  const breaker = createBreaker(
    { failures: 3, restMs: 1000 },
    {
      isFailure: (error) => error instanceof Unwell,
      onOpen: () => void told.push("open"),
      onClose: () => void told.push("close"),
    },
  );
  const call = vi.fn();
  const run = (outcome: () => Promise<unknown>) =>
    breaker
      .run(() => {
        call();
        return outcome();
      })
      .catch((thrown: Error) => thrown);
  return { breaker, told, call, run };
}

const fail = () => Promise.reject(new Unwell("down"));
const refuse = () => Promise.reject(new Error("not this one"));
const work = () => Promise.resolve("done");

describe("a breaker", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("opens after failures in a row, and refuses without a call, with what was last wrong", async () => {
    const { breaker, told, call, run } = createSample();
    for (const outcome of [fail, fail, work, fail, fail]) await run(outcome);
    expect(breaker.refusal()).toBeUndefined();
    await run(fail);
    expect(told).toEqual(["open"]);
    expect(await run(work)).toBeInstanceOf(BreakerOpen);
    expect(breaker.refusal()?.cause).toBeInstanceOf(Unwell);
    expect(call).toHaveBeenCalledTimes(6);
  });

  it("does not count what says nothing about the other side", async () => {
    const { told, run } = createSample();
    for (let times = 0; times < 10; times++) expect(await run(refuse)).toMatchObject({ message: "not this one" });
    expect(told).toEqual([]);
  });

  it("tries one call after its rest, and closes when that one works", async () => {
    const { breaker, told, call, run } = createSample();
    for (const outcome of [fail, fail, fail]) await run(outcome);
    vi.setSystemTime(Date.now() + 1000);
    expect(breaker.refusal()).toBeUndefined();
    const { promise, reject } = Promise.withResolvers<never>();
    const waiting = [run(() => promise), run(work), run(work)];
    reject(new Unwell("still down"));
    expect((await Promise.all(waiting)).map((thrown) => thrown instanceof BreakerOpen)).toEqual([false, true, true]);
    expect(call).toHaveBeenCalledTimes(4);
    vi.setSystemTime(Date.now() + 1000);
    expect(await Promise.all([run(work), run(work)])).toEqual(["done", "done"]);
    expect(told).toEqual(["open", "open", "close"]);
  });
});
