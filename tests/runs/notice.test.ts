import { describe, expect, it } from "vitest";
import { hourMs, minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { afterAttempt, type Delivery, newNotice, noticeProblemSchema, noticeSchema } from "../../shared/runs/notice.ts";
import { sampleSlot as at } from "../support/sample-records.ts";

const refused: Delivery = { kind: "failed", problem: "refused", status: 503 };

describe("an attempt", () => {
  it("that succeeds ends it, with the receiver's status", () => {
    const notice = afterAttempt(
      { ...newNotice("run_finished"), attempts: 2, nextAt: at, problem: "refused" },
      { kind: "delivered", status: 204 },
      at,
    );
    expect(notice).toEqual({ event: "run_finished", state: "delivered", attempts: 3, at, status: 204 });
  });

  it("that fails is followed by six more, further and further apart, and then it is given up", () => {
    let notice = newNotice("run_finished");
    const waits: number[] = [];
    for (let now = at; notice.state === "pending"; now = notice.nextAt ?? now) {
      notice = afterAttempt(notice, refused, now);
      if (notice.nextAt !== undefined) waits.push(notice.nextAt - now);
    }
    expect(waits).toEqual([10 * secondMs, minuteMs, 5 * minuteMs, 20 * minuteMs, hourMs, 3 * hourMs]);
    expect(notice).toMatchObject({ state: "failed", attempts: 7, problem: "refused", status: 503 });
    expect(noticeSchema.parse(JSON.parse(JSON.stringify({ ...notice, at: new Date(at).toISOString() })))).toMatchObject(
      { state: "failed" },
    );
  });

  it("waits as long as the receiver asks, but no more than three hours and no less than usual", () => {
    const waitFor = (retryAfterMs: number) =>
      (afterAttempt(newNotice("run_finished"), { ...refused, retryAfterMs }, at).nextAt ?? 0) - at;
    expect([1, 90 * secondMs, 1e12].map(waitFor)).toEqual([10 * secondMs, 90 * secondMs, 3 * hourMs]);
  });

  it.each(noticeProblemSchema.options)("%s is tried again where that can help", (problem) => {
    const { state } = afterAttempt(newNotice("run_finished"), { kind: "failed", problem }, at);
    const passes = ["refused", "redirected", "unreachable", "timed_out", "not_signed"].includes(problem);
    expect(state).toBe(passes ? "pending" : "failed");
  });
});
