import { type Instant, minuteMs, toIso } from "../kernel/clock.ts";
import { describeSlot } from "../schedule/in-words.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { type Approval, approvalId } from "./approval.ts";
import type { Notice } from "./notice.ts";
import { type Run, runId } from "./run.ts";

/** What a receiver is told, before it is given a format. */
export interface Notification {
  /** The same at each attempt, so that receivers can drop repeats. */
  readonly id: string;
  readonly type: "run.finished" | "approval.requested" | "schedule.paused" | "schedule.silent";
  /** When it became true. */
  readonly at: Instant;
  /** In one line, for a person. */
  readonly title: string;
  /** For a person; absent where the title says it all. */
  readonly text?: string;
  /** For programs. */
  readonly data: Readonly<Record<string, string | number | readonly string[]>>;
}

/** A full stop parts the id from the rest of what is signed, so there is none in it. */
const notificationId = (run: Run, { event, step }: Notice): string =>
  [runId(run).replaceAll(".", "_"), event, ...(step === undefined ? [] : [step])].join("_");

/** @param approval what is asked for; undefined when it can no longer be read */
export function notificationOf(run: Run, notice: Notice, schedule: Schedule, approval?: Approval): Notification {
  const { name, plan } = schedule.definition;
  const about = { id: notificationId(run, notice), name: JSON.stringify(name) };
  const common = {
    run_id: runId(run),
    schedule_id: run.scheduleId,
    schedule_name: name,
    conversation_id: run.conversationId,
    slot: toIso(run.slot),
    kind: run.kind,
  };
  switch (notice.event) {
    case "run_finished":
      return finished(run, about, common, describeSlot(run.slot, plan.timeZone).local);
    case "approval_requested":
      return requested(run, notice.step ?? 0, about, common, approval);
    case "schedule_paused":
      return paused(run, schedule, about, common);
    case "schedule_silent":
      return silent(run, plan.timeZone, about, common);
  }
}

interface About {
  readonly id: string;
  readonly name: string;
}
type Common = Notification["data"];

function finished(run: Run, { id, name }: About, common: Common, slot: string): Notification {
  const { outcome = "failed", reason, detail, quiet, answer, endedAt = run.createdAt } = run;
  const why = reason === undefined ? "" : ` (${reason})`;
  const text = answer ?? (quiet === undefined ? detail : `Nothing to report: ${quiet}`);
  const data = {
    ...common,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
    ...(quiet === undefined ? {} : { quiet }),
    ...(answer === undefined ? {} : { answer }),
    ...(run.missedThrough === undefined ? {} : { missed_through: toIso(run.missedThrough) }),
    ended_at: toIso(endedAt),
    total_tokens: run.promptTokens + run.completionTokens,
  };
  const title = `${name}: the run of ${slot} ended ${outcome}${why}.`;
  return { id, type: "run.finished", at: endedAt, title, ...(text === undefined ? {} : { text }), data };
}

function requested(run: Run, step: number, { id, name }: About, common: Common, approval?: Approval): Notification {
  const tools = approval?.calls.map((call) => call.name) ?? [];
  const expiresAt = run.waiting?.expiresAt;
  const data = {
    ...common,
    approval_id: approvalId({ ...run, step }),
    tools,
    ...(expiresAt === undefined ? {} : { expires_at: toIso(expiresAt) }),
  };
  const wants = tools.length === 0 ? "waits for your approval" : `wants to call ${tools.join(" and ")}`;
  const until = expiresAt === undefined ? "" : ` Undecided, it counts as denied at ${toIso(expiresAt)}.`;
  const text = `decide_approval with id ${data.approval_id} carries out your decision.${until}`;
  const at = approval?.requestedAt ?? run.startedAt ?? run.createdAt;
  return { id, type: "approval.requested", at, title: `${name} ${wants}.`, text, data };
}

function paused(run: Run, { failures, pausedAt }: Schedule, { id, name }: About, common: Common): Notification {
  const { endedAt = run.createdAt } = run;
  const at = pausedAt ?? endedAt;
  const data = { ...common, consecutive_failures: failures, paused_at: toIso(at) };
  const title = `${name} is paused: ${failures} runs have failed one after the other.`;
  const text = "get_run tells why the last one failed; update_schedule with status active resumes the schedule.";
  return { id, type: "schedule.paused", at, title, text, data };
}

function silent(run: Run, timeZone: string, { id, name }: About, common: Common): Notification {
  const { slot, missedThrough, createdAt } = run;
  const [from, through] = [slot, missedThrough ?? slot].map((moment) => describeSlot(moment, timeZone).local);
  const missed =
    from === through ? `the slot of ${from} was missed` : `the slots from ${from} to ${through} were missed`;
  const late = `the run of ${from} begins ${Math.round((createdAt - slot) / minuteMs)} minutes late`;
  const data = {
    ...common,
    ...(missedThrough === undefined ? {} : { missed_through: toIso(missedThrough) }),
    noticed_at: toIso(createdAt),
  };
  const title = `${name} was silent: ${missedThrough === undefined ? late : missed}.`;
  const text =
    "The app was down, its timer stood still, or too many runs of the schedule were open. get_schedule tells its health.";
  return { id, type: "schedule.silent", at: createdAt, title, text, data };
}
