import pMap from "p-map";
import { listMarkers } from "../protocol/markers.ts";
import { removePastApprovals } from "../protocol/mend-approvals.ts";
import type { Ports } from "../protocol/ports.ts";
import { type MendedKind, type OnMended, reconcileSchedule } from "../protocol/reconcile-schedule.ts";
import { untilUndamaged } from "../protocol/set-aside.ts";
import type { ApprovalReference } from "../runs/approval.ts";
import type { ListedMarker } from "../schedule/schedule-store.ts";

/** As in a tick: storage allows far more, the two cores of an instance do not. */
const concurrentSchedules = 16;

/** The most that one list call may ask for. */
const idsPerPage = 5000;

export interface ReconcileReport {
  readonly schedules: number;
  readonly failed: number;
  readonly mended: Readonly<Partial<Record<MendedKind, number>>>;
}

/**
 * The hourly repair: looks at every schedule of every owner, every due marker and every request for approval, and mends
 * what ticks and messages do not. A second pass right after mends nothing. Costs a list call for each 100 markers, each
 * 5 000 requests and each 5 000 schedules, and a read for each schedule and each request. A schedule that cannot be mended is reported and keeps no other waiting.
 */
export function createReconcile(ports: Ports) {
  return async (): Promise<ReconcileReport> => {
    // Markers first: one that is written after the list is never taken for a missing one, creating it changes nothing.
    const markers = Map.groupBy(await listMarkers(ports, Infinity), ({ scheduleId }) => scheduleId);
    const approvals = Map.groupBy(await listApprovals(ports), ({ scheduleId }) => scheduleId);
    const mended: Partial<Record<MendedKind, number>> = {};
    const [seen, counts] = [new Set<string>(), { schedules: 0, failed: 0 }];
    const mendAll = async (ids: readonly string[]) => {
      const fresh = ids.filter((id) => !seen.has(id) && seen.add(id));
      const listed = (id: string): Listed => ({ markers: markers.get(id) ?? [], approvals: approvals.get(id) ?? [] });
      const results = await pMap(fresh, (id) => mendOne(ports, id, listed(id), tally(ports, id, mended)), {
        concurrency: concurrentSchedules,
      });
      counts.failed += results.filter((isMended) => !isMended).length;
    };
    for await (const ids of listSchedules(ports)) {
      counts.schedules += ids.length;
      await mendAll(ids);
    }
    await mendAll([...markers.keys(), ...approvals.keys()]);
    const report = { ...counts, mended };
    reportFinished(ports, report);
    return report;
  };
}

async function* listSchedules(ports: Ports): AsyncGenerator<readonly string[]> {
  let page = await ports.schedules.listIds({ limit: idsPerPage });
  for (;;) {
    yield page.items;
    if (page.nextCursor === undefined) return;
    page = await ports.schedules.listIds({ limit: idsPerPage, cursor: page.nextCursor });
  }
}

async function listApprovals(ports: Ports): Promise<readonly ApprovalReference[]> {
  const approvals: ApprovalReference[] = [];
  let page = await ports.approvals.listReferences({ limit: idsPerPage });
  for (;;) {
    approvals.push(...page.items);
    if (page.nextCursor === undefined) return approvals;
    page = await ports.approvals.listReferences({ limit: idsPerPage, cursor: page.nextCursor });
  }
}

/** What names one schedule, listed before it is looked at. */
interface Listed {
  readonly markers: readonly ListedMarker[];
  readonly approvals: readonly ApprovalReference[];
}

async function mendOne(ports: Ports, id: string, { markers, approvals }: Listed, mended: OnMended): Promise<boolean> {
  try {
    const onMoved = () => mended("damage_set_aside");
    await untilUndamaged(ports, { markers, onMoved }, () => reconcileSchedule(ports, id, markers, mended));
    await untilUndamaged(ports, { onMoved }, () => removePastApprovals(ports, approvals, mended));
    return true;
  } catch (cause) {
    ports.events.record({
      level: "error",
      name: "reconcile.schedule_failed",
      message: "A schedule could not be mended; the next repair tries again.",
      fields: { schedule: id },
      cause,
    });
    return false;
  }
}

/** Counts what was mended, and reports it: something has died, or storage has lost something. */
function tally(ports: Ports, schedule: string, counts: Partial<Record<MendedKind, number>>): OnMended {
  return (kind, key) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    ports.events.record({
      level: kind === "schedule_removed" ? "info" : "warning",
      name: "reconcile.mended",
      message: "The hourly repair has mended something.",
      fields: { kind, schedule, ...(key === undefined ? {} : { key }) },
    });
  };
}

function reportFinished({ events }: Ports, { schedules, failed, mended }: ReconcileReport): void {
  events.record({
    level: failed > 0 ? "warning" : "info",
    name: "reconcile.finished",
    message: "The hourly repair has looked at every schedule.",
    fields: { schedules, failed, ...mended },
  });
}
