import { type Damage, damageIn } from "../kernel/damage.ts";
import { hasEnded, type RunReference } from "../runs/run.ts";
import type { ListedMarker } from "../schedule/schedule-store.ts";
import { endRun } from "./end-run.ts";
import { wake } from "./materialise.ts";
import type { Ports } from "./ports.ts";
import { recreateHead } from "./recreate-head.ts";
import { busyDelayMs } from "./run-session.ts";
import { goOnInNewSegment } from "./skip-segment.ts";

/** What is known where the damage was met. */
export interface DamageContext {
  /** The run whose work needs what is damaged. */
  readonly run?: RunReference;
  /** Due markers of the schedule. */
  readonly markers?: readonly ListedMarker[];
  /** Told of each blob that is moved. */
  readonly onMoved?: () => void;
}

/** `again`: the damage is out of the way. `later`: somebody works under a lease on the blob. */
export type AfterDamage = "again" | "later";

/** Does work that may meet a damaged blob. Such a blob is set aside, and the work can be tried again. */
export async function despiteDamage<T>(
  ports: Ports,
  context: DamageContext,
  work: () => Promise<T>,
): Promise<T | AfterDamage> {
  try {
    return await work();
  } catch (thrown) {
    const damage = damageIn(thrown);
    if (damage === undefined) throw thrown;
    // What follows may meet the next damaged blob; each of them is met once.
    return despiteDamage(ports, context, () => setAside(ports, damage, context));
  }
}

/** Damaged blobs that one piece of work can meet: a schedule, a record, a head and two segments. */
const maximumDamages = 5;

/** Does work as often as damaged blobs stand in its way. */
export async function untilUndamaged(
  ports: Ports,
  context: DamageContext,
  work: () => Promise<unknown>,
): Promise<"done" | "later"> {
  for (let attempt = 0; attempt <= maximumDamages; attempt++) {
    const after = await despiteDamage(ports, context, async () => {
      await work();
      return "done" as const;
    });
    if (after !== "again") return after;
  }
  throw new Error("A damaged blob stands in the way again and again.");
}

/**
 * The one place that moves damaged blobs away and sees to what follows. A schedule loses its markers, and its open runs
 * end failed. A run's record is written again by whoever finds its entry without one, and a request for approval by the
 * repair. A conversation gets a new head;
 * it goes on in a new segment, while the run that needed the damaged one ends failed.
 */
async function setAside(ports: Ports, damage: Damage, context: DamageContext): Promise<AfterDamage> {
  switch (damage.kind) {
    case "schedule":
      return setScheduleAside(ports, damage, context);
    case "run":
    case "approval":
      return moveAside(ports, damage, context);
    case "conversation head":
      return (await moveAside(ports, damage, context)) === "later" ? "later" : recreateHead(ports, damage.id);
    case "conversation segment":
      if ((await goOnInNewSegment(ports, damage, context.run)) === "later") return "later";
      return moveAside(ports, damage, context);
  }
}

/** Open runs are among the newest: a gate holds at most 200. */
const newestRuns = 200;

async function setScheduleAside(ports: Ports, damage: Damage, context: DamageContext): Promise<AfterDamage> {
  const { items } = await ports.runs.list(damage.id, { limit: newestRuns });
  const open = items.filter((run) => !hasEnded(run));
  // Once the schedule is gone only a message leads to its runs, and one that waits for another has none of its own.
  for (const { key } of open) await wake(ports, damage.id, key, busyDelayMs);
  await moveAside(ports, damage, context);
  for (const marker of context.markers ?? []) await ports.markers.remove(damage.id, marker);
  for (const run of open) {
    await endRun(ports, undefined, run, { outcome: "failed", reason: "damaged_schedule" });
  }
  return "again";
}

async function moveAside(ports: Ports, damage: Damage, { onMoved }: DamageContext): Promise<AfterDamage> {
  const moved = await ports.quarantine.moveAside(damage);
  if (moved.outcome === "held") return "later";
  if (moved.outcome === "moved") {
    ports.events.record({
      level: "error",
      name: "storage.quarantined",
      message: "A damaged blob was moved aside; the app goes on without it. The operator can restore it from there.",
      fields: { kind: damage.kind, id: damage.id, blob: moved.to },
    });
    onMoved?.();
  }
  return "again";
}
