import type { Run } from "../runs/run.ts";
import { findOpen, triggered } from "../schedule/gate.ts";
import { triggeredRunKey } from "../schedule/run-key.ts";
import type { Schedule, Trigger } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import { materialise, newEntry, newRun } from "./materialise.ts";
import type { Ports } from "./ports.ts";

/**
 * Opens a run for each slot and remembers the trigger. `undefined`: somebody else wrote the schedule meanwhile, so read
 * and decide again. One storage call, and two for each run.
 */
export async function openTriggered(
  ports: Ports,
  { value, version }: Versioned<Schedule>,
  trigger: Trigger,
  slots: readonly number[],
): Promise<readonly Run[] | undefined> {
  const now = ports.clock.now();
  const kind = kindOf(trigger);
  const entries = slots.map((slot) => newEntry(value, { key: keyOf(trigger, slot), slot, kind }, now));
  const schedule = triggered(value, trigger, entries);
  if ((await ports.schedules.replace(schedule, version)) === undefined) return undefined;
  return inOrder(entries, (entry) => materialise(ports, schedule, entry));
}

/**
 * The runs of a trigger that was carried out before, with record and message given to those that its caller did not
 * live to give them. A slot that has neither entry nor record was not part of it: the plan has been changed since. One
 * storage call for each run, two for those that wait to be let in.
 */
export async function repairTriggered(
  ports: Ports,
  schedule: Schedule,
  trigger: Trigger,
  slots: readonly number[],
): Promise<readonly Run[]> {
  const planned = slots.map((slot) => keyOf(trigger, slot));
  const open = schedule.open.map(({ key }) => key).filter((key) => key.startsWith(keyPrefixOf(trigger)));
  const runs = await inOrder([...new Set([...planned, ...open])], async (key) => {
    const entry = findOpen(schedule, key);
    if (entry?.state === "pending") return materialise(ports, schedule, entry);
    const record = (await ports.runs.read({ scheduleId: schedule.id, key }))?.value;
    return record ?? (entry && newRun(schedule, entry, entry.openedAt));
  });
  return runs.filter((run) => run !== undefined).sort((left, right) => left.slot - right.slot);
}

const kindOf = ({ through }: Trigger) => (through === undefined ? "manual" : "backfill");

const keyOf = (trigger: Trigger, slot: number): string => triggeredRunKey(kindOf(trigger), trigger.id, slot);

/** Up to the slot. */
const keyPrefixOf = (trigger: Trigger): string => keyOf(trigger, 0).slice(0, -1);

/** One after the other: messages that are sent in order are mostly received in order. */
async function inOrder<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
