import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGroups } from "../../shared/resilience/groups.ts";

const forever = new AbortController().signal;

describe("groups", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("begin with a pause between them, in order", async () => {
    const groups = createGroups({ size: 3, pauseMs: 500 });
    const startedAt = Date.now();
    const begun: number[] = [];
    const all = [1, 2, 3, 4, 5, 6, 7].map((name) =>
      groups.run(async () => {
        begun.push(Date.now() - startedAt);
        return name;
      }, forever),
    );
    await vi.runAllTimersAsync();
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(begun).toEqual([0, 0, 0, 500, 500, 500, 1000]);
  });

  it("never have more under way than one group, however long those take", async () => {
    const groups = createGroups({ size: 3, pauseMs: 10 });
    let underWay = 0;
    let peak = 0;
    const slow = async (): Promise<void> => {
      peak = Math.max(peak, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      underWay--;
    };
    const all = Array.from({ length: 10 }, () => groups.run(slow, forever));
    await vi.runAllTimersAsync();
    await Promise.all(all);
    expect(peak).toBe(3);
  });

  it("turn away those in line, and let go on what is under way and what comes later", async () => {
    const groups = createGroups({ size: 1, pauseMs: 500 });
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = groups.run(() => promise, forever);
    const second = groups.run(async () => "second", forever).catch((thrown: Error) => thrown.message);
    groups.turnAway(new Error("closed"));
    const third = groups.run(async () => "third", forever);
    resolve("first");
    await vi.runAllTimersAsync();
    expect(await Promise.all([first, second, third])).toEqual(["first", "closed", "third"]);
  });

  it("end a wait in line with the signal", async () => {
    const groups = createGroups({ size: 1, pauseMs: 0 });
    const over = new AbortController();
    void groups.run(() => new Promise(() => {}), forever);
    const waiting = groups.run(async () => "never", over.signal).catch((thrown: unknown) => thrown);
    over.abort("too late");
    expect(await waiting).toBe("too late");
  });
});
