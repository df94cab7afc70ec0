import { isDeepStrictEqual } from "node:util";
import { secondMs } from "../kernel/clock.ts";
import { approvalId } from "../runs/approval.ts";
import type { Delivery, Notice } from "../runs/notice.ts";
import { notificationOf } from "../runs/notification.ts";
import { bodyOf } from "../runs/notification-body.ts";
import { type Run, type RunReference, runId } from "../runs/run.ts";
import {
  addressOf,
  dueNotices,
  isUntold,
  mayStillPause,
  pendingNotices,
  withDeliveries,
  withoutOutdated,
  withPauseNotice,
} from "../runs/what-to-tell.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import type { Ports } from "./ports.ts";

/** What is to come first takes a moment: the release of the gate, or a letter that is under way. */
const momentMs = 10 * secondMs;

/**
 * Sends the message for what a run owes and nobody has tried to tell yet. Safe to repeat by anyone. No storage call for
 * a run that owes nothing, else one.
 */
export async function sendNotices(ports: Ports, run: Run): Promise<void> {
  if (isUntold(run)) await enqueue(ports, run, 0);
}

const enqueue = (ports: Ports, { scheduleId, key }: RunReference, delayMs: number): Promise<void> =>
  ports.queue.enqueue({ v: 1, scheduleId, key, notify: true }, Math.max(0, delayMs));

/**
 * Tells what a run owes and has become due; what fails is tried again by a later message. Whoever dies before the result
 * is written leaves the message, so that everything is told at least once. Three storage calls, one more for a request
 * for approval and one for another attempt.
 */
export async function deliverNotices(ports: Ports, reference: RunReference): Promise<"done"> {
  const current = await ports.runs.read(reference);
  if (current?.value.notices === undefined) return "done";
  const schedule = (await ports.schedules.read(reference.scheduleId))?.value;
  const owing = withoutOutdated(withPauseNotice(current.value, schedule));
  const now = ports.clock.now();
  const tried: { notice: Notice; delivery: Delivery }[] = [];
  let isBusy = false;
  for (const notice of dueNotices(owing, now)) {
    const delivery = await deliver(ports, owing, notice, schedule);
    if (delivery === "busy") isBusy = true;
    else tried.push({ notice, delivery });
  }
  const settled = await noteNotices(ports, current, (run) =>
    withDeliveries(withoutOutdated(withPauseNotice(run, schedule)), tried, now),
  );
  if (settled === undefined) return "done";
  report(ports, settled, tried);
  const times = pendingNotices(settled).map(({ nextAt = now }) => nextAt - now);
  const next = Math.min(...times, mayStillPause(settled, schedule) ? momentMs : Infinity);
  if (next !== Infinity) await enqueue(ports, reference, isBusy ? Math.max(next, momentMs) : next);
  return "done";
}

/** A message that failed as often as the queue allows: what it was to tell becomes a dead letter. */
export async function giveUpNotices(ports: Ports, reference: RunReference): Promise<void> {
  const current = await ports.runs.read(reference);
  if (current?.value.notices === undefined) return;
  const delivery: Delivery = { kind: "failed", problem: "poison" };
  const tried = pendingNotices(current.value).map((notice) => ({ notice, delivery }));
  const settled = await noteNotices(ports, current, (run) => withDeliveries(run, tried, ports.clock.now()));
  if (settled !== undefined) report(ports, settled, tried);
}

async function deliver(
  ports: Ports,
  run: Run,
  notice: Notice,
  schedule: Schedule | undefined,
): Promise<Delivery | "busy"> {
  if (schedule === undefined) return { kind: "failed", problem: "no_schedule" };
  const address = addressOf(schedule.definition, ports.settings.notify);
  if (address === undefined) return { kind: "failed", problem: "no_address" };
  const { step } = notice;
  const approval = step === undefined ? undefined : await ports.approvals.read({ ...run, step });
  const notification = notificationOf(run, notice, schedule, approval);
  const body = bodyOf(notification, ports.settings.notify.format);
  return ports.notifier.deliver({ ...address, id: notification.id, sentAt: ports.clock.now(), body });
}

/**
 * Notes on a record what is to be told, or what came of it, whoever else writes there. undefined: the record is gone. No
 * storage call when nothing changes, else one, two more for each conflict.
 */
export async function noteNotices(
  ports: Ports,
  found: Versioned<Run>,
  change: (run: Run) => Run,
): Promise<Run | undefined> {
  let current: Versioned<Run> | undefined = found;
  for (let attempt = 0; attempt < 20; attempt++) {
    const run = change(current.value);
    if (isDeepStrictEqual(run, current.value)) return run;
    if ((await ports.runs.replace(run, current.version)) !== undefined) return run;
    current = await ports.runs.read(found.value);
    if (current === undefined) return undefined;
  }
  throw new Error(`Run ${runId(found.value)} changed with every attempt to note a notification.`);
}

function report({ events }: Ports, run: Run, tried: readonly { readonly notice: Notice }[]): void {
  for (const { notice } of tried) {
    const after = run.notices?.find(({ event, step }) => event === notice.event && step === notice.step);
    if (after === undefined || after.state === "pending") continue;
    const isDead = after.state === "failed";
    events.record({
      level: isDead ? "error" : "info",
      name: isDead ? "notification.failed" : "notification.delivered",
      message: isDead ? "A notification was given up; its run's record keeps it." : "A notification was delivered.",
      fields: {
        run: runId(run),
        owner: run.owner,
        event: after.event,
        approval: after.step === undefined ? undefined : approvalId({ ...run, step: after.step }),
        attempts: after.attempts,
        status: after.status,
        problem: after.problem,
      },
    });
  }
}
