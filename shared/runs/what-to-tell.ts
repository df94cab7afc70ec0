import type { Instant } from "../kernel/clock.ts";
import type { Outcome } from "../kernel/outcome.ts";
import { findOpen } from "../schedule/gate.ts";
import { defaultNotify, type Notify } from "../schedule/notify.ts";
import { isFailure } from "../schedule/release.ts";
import type { Definition, Schedule } from "../schedule/schedule.ts";
import { isPastApproval } from "./approval.ts";
import { afterAttempt, type Delivery, isSameNotice, type Notice, newNotice } from "./notice.ts";
import type { NotifySettings } from "./notifier.ts";
import type { Run } from "./run.ts";

type Told = Pick<Definition, "notify" | "notifyUrl">;

/** Where a schedule tells, or undefined when there is nowhere. */
export function addressOf(
  { notifyUrl }: Told,
  { url }: NotifySettings,
): { readonly url: string; readonly isOperators: boolean } | undefined {
  if (notifyUrl !== undefined) return { url: notifyUrl, isOperators: false };
  return url === undefined ? undefined : { url, isOperators: true };
}

/** Whether a schedule tells anything at all. In a chat the person is there. */
function tells(run: Pick<Run, "kind">, told: Told, settings: NotifySettings): boolean {
  return run.kind !== "chat" && told.notify !== "never" && addressOf(told, settings) !== undefined;
}

/** Whether an end is told. */
export function tellsEnd(notify: Notify, outcome: Outcome, isQuiet: boolean): boolean {
  switch (notify) {
    case "always":
      return true;
    case "on_change":
      return !isQuiet && outcome !== "cancelled";
    case "on_failure":
      return isFailure(outcome);
    case "never":
      return false;
  }
}

/** A run that has ended, with the notice that it owes; to be written by the swap that ends it. */
export function withEndNotice(run: Run, told: Told | undefined, settings: NotifySettings): Run {
  if (told === undefined || run.outcome === undefined || !tells(run, told, settings)) return run;
  if (!tellsEnd(told.notify ?? defaultNotify, run.outcome, run.quiet !== undefined)) return run;
  return withNotice(run, newNotice("run_finished"));
}

/** The same for a run that begins to wait for approval. */
export const withApprovalNotice = (run: Run, step: number, told: Told, settings: NotifySettings): Run =>
  tells(run, told, settings) ? withNotice(run, newNotice("approval_requested", step)) : run;

/** The same for the first run, or missed slots, that somebody found late after a silence. */
export const withSilenceNotice = (run: Run, told: Told, settings: NotifySettings): Run =>
  tells(run, told, settings) ? withNotice(run, newNotice("schedule_silent")) : run;

/** With the notice that its failure has paused the schedule, once the gate says so. */
export function withPauseNotice(run: Run, schedule: Schedule | undefined): Run {
  const isTold = run.notices?.some(({ event }) => event === "run_finished") === true;
  return isTold && schedule?.pausedBy === run.key ? withNotice(run, newNotice("schedule_paused")) : run;
}

/** The gate has not counted this failure yet: whether it pauses the schedule is still to be seen. */
export function mayStillPause({ key, outcome }: Run, schedule: Schedule | undefined): boolean {
  if (schedule === undefined || outcome === undefined || !isFailure(outcome)) return false;
  return schedule.definition.policies.pauseAfterFailures > 0 && findOpen(schedule, key) !== undefined;
}

const withNotice = (run: Run, notice: Notice): Run =>
  run.notices?.some((other) => isSameNotice(other, notice)) === true
    ? run
    : { ...run, notices: [...(run.notices ?? []), notice] };

const isPending = ({ state }: Notice): boolean => state === "pending";

/** Nobody has tried yet, so there may be no message for it. */
export const isUntold = ({ notices = [] }: Run): boolean =>
  notices.some((notice) => isPending(notice) && notice.attempts === 0);

export const pendingNotices = ({ notices = [] }: Run): readonly Notice[] => notices.filter(isPending);

export const dueNotices = (run: Run, now: Instant): readonly Notice[] =>
  pendingNotices(run).filter(({ nextAt = now }) => nextAt <= now);

/** Requests that are decided, or whose run has ended, need nobody any more. */
export const withoutOutdated = (run: Run): Run =>
  changeNotices(run, (notice) =>
    notice.step !== undefined && isPastApproval(run, notice.step) ? { ...notice, state: "outdated" } : notice,
  );

/** The run after attempts; a notice that somebody else has settled meanwhile stays as it is. */
export const withDeliveries = (
  run: Run,
  tried: readonly { readonly notice: Notice; readonly delivery: Delivery }[],
  at: Instant,
): Run =>
  changeNotices(run, (notice) => {
    const found = tried.find((attempt) => isSameNotice(attempt.notice, notice));
    return found === undefined ? notice : afterAttempt(notice, found.delivery, at);
  });

/** Only those that are pending. */
function changeNotices(run: Run, change: (notice: Notice) => Notice): Run {
  const { notices } = run;
  return notices === undefined
    ? run
    : { ...run, notices: notices.map((notice) => (isPending(notice) ? change(notice) : notice)) };
}
