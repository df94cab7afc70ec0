import type { ExternalAlarm } from "../alarm/external-alarm.ts";
import type { ConversationLog } from "../conversations/conversation-log.ts";
import type { Clock, Sleep } from "../kernel/clock.ts";
import type { Quarantine } from "../kernel/damage.ts";
import type { Events } from "../kernel/events.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Telemetry } from "../kernel/telemetry.ts";
import type { ApprovalStore } from "../runs/approval-store.ts";
import type { Prices } from "../runs/cost.ts";
import type { Notifier, NotifySettings } from "../runs/notifier.ts";
import type { RunQueue } from "../runs/run-queue.ts";
import type { RunStore } from "../runs/run-store.ts";
import type { DueMarkers, ScheduleStore } from "../schedule/schedule-store.ts";

/** Everything the protocol of slots and runs touches outside its own decisions. */
export interface Ports {
  readonly schedules: ScheduleStore;
  readonly markers: DueMarkers;
  readonly runs: RunStore;
  readonly approvals: ApprovalStore;
  readonly log: ConversationLog;
  readonly quarantine: Quarantine;
  readonly queue: RunQueue;
  readonly notifier: Notifier;
  /** Absent: the timer alone wakes us. */
  readonly alarm?: ExternalAlarm | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly sleep: Sleep;
  /** 0 <= dice() < 1. */
  readonly dice: () => number;
  readonly events: Events;
  readonly telemetry: Telemetry;
  readonly settings: ProtocolSettings;
}

export interface ProtocolSettings {
  /** How far ahead slots are dispatched: two ticks, because with one a late tick would make a late run. */
  readonly lookAheadMs: number;
  /** How long after its slot the timer dispatches a slot whose callback an external Scheduler owes us. */
  readonly alarmGraceMs: number;
  /** May grow at any time: each marker remembers its own shard. */
  readonly dueShards: number;
  /** 15 to 60, the fixed leases that Blob Storage grants. A dead worker's run is taken up after one and a half. */
  readonly leaseSeconds: number;
  /**
   * A slice of a run ends after this long and another worker goes on. With the longest call after it, it fits into the
   * ten minutes that the host and a platform update grant.
   */
  readonly sliceMs: number;
  /** One model call may take this long. */
  readonly modelCallMs: number;
  /** One tool call may take this long; servers have their own, shorter limits, which progress resets. */
  readonly toolCallMs: number;
  /** Context window of the model, in tokens: a conversation that outgrows three quarters of it is summed up. */
  readonly contextTokens: number;
  /** What models cost, where the operator has said so. */
  readonly prices?: Prices | undefined;
  readonly notify: NotifySettings;
  /** A request for approval that nobody has answered after this long counts as denied. */
  readonly approvalMs: number;
  /** A segment of a conversation ends between two runs, once it holds so many events or bytes. */
  readonly segmentEvents: number;
  readonly segmentBytes: number;
}
