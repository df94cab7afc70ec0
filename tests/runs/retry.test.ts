import { describe, expect, it } from "vitest";
import { hourMs } from "../../shared/kernel/clock.ts";
import { decideRetry } from "../../shared/runs/retry.ts";

const transient = { class: "transient" } as const;

describe("a failed attempt", () => {
  it.each([
    [1, 0, 0],
    [1, 0.5, 15_000],
    [2, 0.5, 30_000],
    [3, 0.999, 119_880],
    [50, 0.5, hourMs / 2],
  ])("number %i waits up to 30 s doubled each time, at most an hour; dice %d make %d ms", (failures, dice, delayMs) => {
    expect(decideRetry(transient, failures, 99, dice)).toEqual({ kind: "retry", delayMs });
  });

  it("waits at least as long as the provider asks, and never longer than an hour", () => {
    const asking = (retryAfterMs: number) => decideRetry({ class: "throttled", retryAfterMs }, 1, 3, 0.5);
    expect(asking(90_000)).toEqual({ kind: "retry", delayMs: 90_000 });
    expect(asking(1)).toEqual({ kind: "retry", delayMs: 15_000 });
    expect(asking(5 * hourMs)).toEqual({ kind: "retry", delayMs: hourMs });
    expect(decideRetry({ class: "throttled" }, 1, 3, 0.5)).toEqual({ kind: "retry", delayMs: 15_000 });
    const down = { class: "transient", retryAfterMs: 90_000 } as const;
    expect(decideRetry(down, 1, 3, 0.5)).toEqual({ kind: "retry", delayMs: 90_000 });
  });

  it("is the last one when the attempts are used up", () => {
    expect(decideRetry(transient, 2, 3, 0).kind).toBe("retry");
    expect(decideRetry(transient, 3, 3, 0)).toEqual({
      kind: "give_up",
      end: { outcome: "failed", reason: "model_transient" },
    });
    expect(decideRetry({ class: "throttled" }, 1, 1, 0)).toMatchObject({ end: { reason: "model_throttled" } });
  });

  it.each([
    [{ class: "auth" }, { outcome: "auth_required", reason: "model_auth" }],
    [{ class: "quota" }, { outcome: "failed", reason: "model_quota" }],
    [
      { class: "content_filter", categories: [] },
      { outcome: "failed", reason: "content_filter" },
    ],
    [
      { class: "content_filter", categories: ["hate", "violence"] },
      { outcome: "failed", reason: "content_filter", detail: "hate, violence" },
    ],
    [{ class: "too_long" }, { outcome: "failed", reason: "prompt_too_long" }],
    [{ class: "invalid" }, { outcome: "failed", reason: "model_refused_request" }],
  ] as const)("%o is the last one whatever is left", (failure, end) => {
    expect(decideRetry(failure, 1, 99, 0)).toEqual({ kind: "give_up", end });
  });
});
