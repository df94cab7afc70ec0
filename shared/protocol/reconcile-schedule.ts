import { hourMs } from "../kernel/clock.ts";
import { decideRepair } from "../runs/repair.ts";
import type { RunReference } from "../runs/run.ts";
import { isChatGate } from "../schedule/chat-gate.ts";
import { sameMarker } from "../schedule/gate.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import type { ListedMarker } from "../schedule/schedule-store.ts";
import { askToArm } from "./arm.ts";
import { completeEnd, endRun } from "./end-run.ts";
import { serveMarker } from "./markers.ts";
import { wake } from "./materialise.ts";
import { type MendedApproval, restoreApproval } from "./mend-approvals.ts";
import { sendNotices } from "./notify.ts";
import type { Ports } from "./ports.ts";
import { restoredRun } from "./restored-run.ts";
import { untilUndamaged } from "./set-aside.ts";

export type MendedKind =
  | "marker_created"
  | "marker_removed"
  | "marker_fenced"
  | "run_created"
  | "run_woken"
  | "run_cancelled"
  | "end_completed"
  | MendedApproval
  | "schedule_removed"
  | "damage_set_aside";

/** Told of each thing that was mended; `key` when it concerns one run. */
export type OnMended = (kind: MendedKind, key?: string) => void;

/** A deleted schedule is kept this long: a repeat of the call that created it must find its idempotency key. */
const retentionMs = 24 * hourMs;

/** By then the month is over whose tokens a gate counts. */
const monthMs = 31 * 24 * hourMs;

/**
 * Mends what a dead process, a lost message or a lost blob has left behind of one schedule. Safe to run at any time and
 * by anyone; what goes well is left alone. One storage call, one or two more for each open run, and those of the
 * repairs.
 * @param listed every due marker that names the schedule, listed before this call
 */
export async function reconcileSchedule(
  ports: Ports,
  id: string,
  listed: readonly ListedMarker[],
  mended: OnMended,
): Promise<void> {
  const current = await ports.schedules.read(id);
  const schedule = current?.value;
  await mendMarkers(ports, schedule, listed, mended);
  if (current === undefined || schedule === undefined) return;
  for (const entry of schedule.open) {
    const run = { scheduleId: id, key: entry.key };
    const onMoved = () => mended("damage_set_aside", entry.key);
    await untilUndamaged(ports, { run, onMoved }, () => mendRun(ports, schedule, entry, run, mended));
  }
  await askToArm(ports, schedule);
  if (isForgotten(schedule, ports.clock.now()) && (await ports.schedules.remove(id, current.version))) {
    mended("schedule_removed");
  }
}

async function mendMarkers(
  ports: Ports,
  schedule: Schedule | undefined,
  listed: readonly ListedMarker[],
  mended: OnMended,
): Promise<void> {
  const own = schedule?.marker ?? null;
  if (schedule !== undefined && own !== null && !listed.some((marker) => sameMarker(marker, own))) {
    if (await ports.markers.create(schedule.id, own)) mended("marker_created");
  }
  for (const marker of listed.filter((other) => own === null || !sameMarker(other, own))) {
    const served = await serveMarker(ports, marker);
    if (served === "removed") mended("marker_removed");
    if (served === "fenced") mended("marker_fenced");
  }
}

async function mendRun(
  ports: Ports,
  schedule: Schedule,
  entry: OpenRun,
  reference: RunReference,
  mended: OnMended,
): Promise<void> {
  if (schedule.status === "deleted") {
    await endRun(ports, schedule, reference, { outcome: "cancelled", reason: "deleted" });
    return mended("run_cancelled", entry.key);
  }
  const run = (await ports.runs.read(reference))?.value;
  switch (decideRepair(schedule, entry, run, ports.clock.now())) {
    case "none":
      return;
    case "create":
      await ports.runs.create(await restoredRun(ports, schedule, entry));
      await wake(ports, schedule.id, entry.key);
      return mended("run_created", entry.key);
    case "complete_end":
      if (run !== undefined) await completeEnd(ports, run);
      return mended("end_completed", entry.key);
    case "restore_approval":
      if (run === undefined) return;
      await restoreApproval(ports, schedule, run, mended);
      return sendNotices(ports, run);
    case "wake_unless_held":
      if (await ports.log.isHeld(entry.conversationId)) return;
      break;
    case "wake":
      break;
  }
  await wake(ports, schedule.id, entry.key);
  mended("run_woken", entry.key);
}

/** What people have said stays in the conversation; its gate is made anew when somebody goes on. */
function isForgotten(schedule: Schedule, now: number): boolean {
  const { status, open, updatedAt, definition } = schedule;
  const isOver = status === "deleted" || (status === "completed" && isChatGate(schedule));
  const keepsCount = status !== "deleted" && definition.policies.maxTokensPerMonth !== undefined;
  return isOver && open.length === 0 && now > updatedAt + (keepsCount ? monthMs : retentionMs);
}
