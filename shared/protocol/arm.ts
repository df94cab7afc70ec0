import type { ArmedState, ExternalAlarm } from "../alarm/external-alarm.ts";
import { type Instant, minuteMs } from "../kernel/clock.ts";
import { slotToArm } from "../schedule/armed.ts";
import { plannedRunKey, slotInRunKey } from "../schedule/run-key.ts";
import type { Armed, Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import type { Ports } from "./ports.ts";

/** A Scheduler that could not be reached is asked again after this long, for as long as there is something to arm. */
const retryMs = 5 * minuteMs;

/**
 * Sends the message that makes what is armed at the external Scheduler what the schedule plans. The one who changes a
 * schedule never waits for that service, and the timer covers a message that is lost. No storage call when nothing is
 * to be done, else one.
 */
export async function askToArm(ports: Ports, schedule: Schedule): Promise<void> {
  if (ports.alarm === undefined) return;
  const slot = slotToArm(schedule, ports.clock.now(), ports.settings.lookAheadMs);
  if (slot === schedule.armed?.slot) return;
  await enqueue(ports, schedule.id, slot ?? schedule.armed?.slot ?? 0, 0);
}

const enqueue = (ports: Ports, scheduleId: string, slot: Instant, delayMs: number): Promise<void> =>
  ports.queue.enqueue({ v: 1, scheduleId, key: plannedRunKey(slot), arm: true }, delayMs);

/**
 * Arms what the schedule plans by what storage says at this moment, and cancels or looks after what was armed before.
 * Safe to repeat by anyone: a slot that is armed twice calls back twice, and the second callback changes nothing. Two
 * storage calls, and two calls of the Scheduler.
 */
export async function settleAlarm(
  ports: Ports,
  { scheduleId, key }: { readonly scheduleId: string; readonly key: string },
): Promise<"done"> {
  const { alarm, clock, settings } = ports;
  if (alarm === undefined) return "done";
  let fresh: Armed | undefined;
  for (let attempt = 0; attempt < 12; attempt++) {
    const current = await ports.schedules.read(scheduleId);
    const slot = current === undefined ? undefined : slotToArm(current.value, clock.now(), settings.lookAheadMs);
    if (fresh !== undefined && fresh.slot !== slot) fresh = await disarm(ports, alarm, fresh, scheduleId);
    if (current === undefined || slot === current.value.armed?.slot) return "done";
    if (slot !== undefined) fresh ??= await arm(ports, alarm, scheduleId, slot);
    if (slot !== undefined && fresh === undefined) return retry(ports, scheduleId, slot, key);
    if (await writeArmed(ports, current, fresh)) {
      if (current.value.armed !== undefined) await disarm(ports, alarm, current.value.armed, scheduleId);
      return "done";
    }
  }
  throw new Error(`Schedule ${scheduleId} changed with every attempt to arm it.`);
}

async function arm(ports: Ports, alarm: ExternalAlarm, scheduleId: string, slot: Instant): Promise<Armed | undefined> {
  try {
    return { slot, id: await alarm.arm({ scheduleId, slot }) };
  } catch (cause) {
    ports.events.record({
      level: "warning",
      name: "alarm.not_armed",
      message: "The external Scheduler could not be armed; the timer dispatches the slot.",
      fields: { schedule: scheduleId, slot },
      cause,
    });
    return undefined;
  }
}

/** Only the message of this very slot comes again: each slot has one, so they do not add up. */
async function retry(ports: Ports, scheduleId: string, slot: Instant, key: string): Promise<"done"> {
  if (slotInRunKey(key) === slot) await enqueue(ports, scheduleId, slot, retryMs);
  return "done";
}

async function writeArmed(
  ports: Ports,
  { value, version }: Versioned<Schedule>,
  armed: Armed | undefined,
): Promise<boolean> {
  const { armed: _before, ...rest } = value;
  const changed = armed === undefined ? rest : { ...rest, armed };
  return (await ports.schedules.replace(changed, version)) !== undefined;
}

/**
 * Cancels what need not call back any more. What should have called back and did not is looked after: the operator
 * learns what became of it.
 */
async function disarm(ports: Ports, alarm: ExternalAlarm, { slot, id }: Armed, scheduleId: string): Promise<undefined> {
  const isOverdue = slot <= ports.clock.now() - ports.settings.alarmGraceMs;
  try {
    const state: ArmedState = isOverdue ? await alarm.status(id) : "scheduled";
    if (state === "scheduled") await alarm.cancel(id);
    if (!isOverdue) return;
    ports.events.record({
      level: "warning",
      name: "alarm.no_callback",
      message: "The external Scheduler has not called back in time; the timer has dispatched the slot.",
      fields: { schedule: scheduleId, slot, armed: id, state },
    });
  } catch (cause) {
    ports.events.record({
      level: "warning",
      name: "alarm.not_disarmed",
      message: "The external Scheduler could not be told; a callback that comes nevertheless changes nothing.",
      fields: { schedule: scheduleId, slot, armed: id },
      cause,
    });
  }
}
