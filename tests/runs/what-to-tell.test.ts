import { describe, expect, it } from "vitest";
import { type Outcome, outcomeSchema } from "../../shared/kernel/outcome.ts";
import type { NotifySettings } from "../../shared/runs/notifier.ts";
import type { Run } from "../../shared/runs/run.ts";
import {
  addressOf,
  mayStillPause,
  tellsEnd,
  withApprovalNotice,
  withDeliveries,
  withEndNotice,
  withoutOutdated,
  withPauseNotice,
} from "../../shared/runs/what-to-tell.ts";
import { type Notify, notifySchema } from "../../shared/schedule/notify.ts";
import { sampleRun, sampleSchedule, sampleSlot } from "../support/sample-records.ts";

const settings: NotifySettings = {
  url: "https://operator.contoso.com/",
  format: "standard",
  takesUrls: true,
  isLocal: false,
};
const ended = (outcome: Outcome, more: Partial<Run> = {}) =>
  sampleRun({ state: "ended", outcome, endedAt: sampleSlot, ...more });
const pending = { event: "run_finished", state: "pending", attempts: 0 } as const;

describe("which ends are told", () => {
  const failures = "failed timed_out no_output auth_required budget_exceeded";
  it.each<{ notify: Notify; told: string }>([
    { notify: "always", told: `succeeded quiet ${failures} cancelled skipped_overlap missed` },
    { notify: "on_change", told: `succeeded ${failures} skipped_overlap missed` },
    { notify: "on_failure", told: failures },
    { notify: "never", told: "" },
  ])("with $notify: $told", ({ notify, told }) => {
    // No run ends waiting.
    const ends: readonly Outcome[] = outcomeSchema.options.filter((outcome) => outcome !== "waiting_approval");
    const found = ends.filter((outcome) => tellsEnd(notify, outcome, false));
    if (tellsEnd(notify, "succeeded", true)) found.push("quiet" as Outcome);
    expect(found.toSorted()).toEqual(told.split(" ").filter(Boolean).toSorted());
  });
});

describe("a run that has ended", () => {
  it("owes a notice by its schedule's wish, on_failure without one", () => {
    expect(withEndNotice(ended("failed"), {}, settings).notices).toEqual([pending]);
    expect(withEndNotice(ended("succeeded"), {}, settings)).toEqual(ended("succeeded"));
    expect(withEndNotice(ended("succeeded"), { notify: "always" }, settings).notices).toEqual([pending]);
  });

  it.each([
    { what: "nobody has said where", told: {}, run: ended("failed"), at: { ...settings, url: undefined } },
    { what: "the schedule is lost", told: undefined, run: ended("failed"), at: settings },
    {
      what: "a person was there",
      told: { notify: "always" as const },
      run: ended("failed", { kind: "chat" }),
      at: settings,
    },
  ])("owes nothing when $what, and is stored as ever", ({ told, run, at }) => {
    expect(withEndNotice(run, told, at)).toBe(run);
  });

  it("owes it once, however often its end is written", () => {
    const once = withEndNotice(ended("failed"), {}, settings);
    expect(withEndNotice(once, {}, settings)).toBe(once);
  });

  it("is told at the schedule's address before the operator's", () => {
    expect(addressOf({}, settings)).toEqual({ url: settings.url, isOperators: true });
    const own = { notifyUrl: "https://mine.contoso.com/" };
    expect(addressOf(own, settings)).toEqual({ url: own.notifyUrl, isOperators: false });
    expect(addressOf({}, { ...settings, url: undefined })).toBeUndefined();
  });
});

describe("a pause by failures", () => {
  const told = withEndNotice(ended("failed"), {}, settings);
  const schedule = sampleSchedule({ status: "paused", pausedBy: told.key, failures: 10 });

  it("is told by the run whose failure it was, and by no other", () => {
    expect(withPauseNotice(told, schedule).notices).toMatchObject([
      pending,
      { event: "schedule_paused", state: "pending" },
    ]);
    expect(withPauseNotice(told, { ...schedule, pausedBy: "p1" })).toBe(told);
    expect(withPauseNotice(ended("failed"), schedule).notices).toBeUndefined();
    expect(withPauseNotice(told, undefined)).toBe(told);
  });

  it("is still to be decided while a failed run holds its place at the gate", () => {
    const { key, slot, conversationId } = told;
    const entry = { key, slot, conversationId, kind: "planned", state: "active", openedAt: slot } as const;
    const before = sampleSchedule({ open: [entry] });
    expect(mayStillPause(told, before)).toBe(true);
    expect(mayStillPause(ended("succeeded"), before)).toBe(false);
    expect(mayStillPause(told, schedule)).toBe(false);
    const { definition } = before;
    const never = { ...definition, policies: { ...definition.policies, pauseAfterFailures: 0 } };
    expect(mayStillPause(told, { ...before, definition: never })).toBe(false);
  });
});

describe("a request for approval", () => {
  const waiting = sampleRun({ state: "waiting_approval", waiting: { step: 4, expiresAt: sampleSlot } });

  it.each(notifySchema.options)("is told with %s, but not with never", (notify) => {
    const { notices } = withApprovalNotice(waiting, 4, { notify }, settings);
    expect(notices).toEqual(notify === "never" ? undefined : [{ ...pending, event: "approval_requested", step: 4 }]);
  });

  it("is outdated once it is decided or the run has ended, unless it was told before", () => {
    const told = withApprovalNotice(waiting, 4, {}, settings);
    expect(withoutOutdated(told)).toEqual(told);
    const decided = {
      ...told,
      state: "queued",
      decision: { step: 4, approve: true, by: "owner", at: sampleSlot },
    } as const;
    expect(withoutOutdated(decided).notices).toMatchObject([{ state: "outdated" }]);
    expect(withoutOutdated({ ...told, state: "ended" }).notices).toMatchObject([{ state: "outdated" }]);
    const [notice = pending] = told.notices ?? [];
    const delivered = withDeliveries(told, [{ notice, delivery: { kind: "delivered", status: 200 } }], sampleSlot);
    expect(withoutOutdated({ ...delivered, state: "ended" }).notices).toMatchObject([{ state: "delivered" }]);
  });

  it("that somebody else has delivered meanwhile stays delivered", () => {
    const told = withApprovalNotice(waiting, 4, {}, settings);
    const [notice = pending] = told.notices ?? [];
    const delivered = withDeliveries(told, [{ notice, delivery: { kind: "delivered", status: 200 } }], sampleSlot);
    const late = withDeliveries(delivered, [{ notice, delivery: { kind: "failed", problem: "refused" } }], sampleSlot);
    expect(late).toEqual(delivered);
  });
});
