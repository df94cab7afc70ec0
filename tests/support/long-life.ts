import { localPrincipal } from "../../shared/access/principal.ts";
import type { ConversationEvent } from "../../shared/conversations/events.ts";
import { type Instant, minuteMs } from "../../shared/kernel/clock.ts";
import { createConversationWriter } from "../../shared/protocol/conversation-writer.ts";
import { type Run, runId } from "../../shared/runs/run.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import { createDispatchDue } from "../../shared/use-cases/dispatch-due.ts";
import { createHandleRunMessage } from "../../shared/use-cases/handle-run-message.ts";
import { createScheduleConversation } from "../../shared/use-cases/schedule-conversation.ts";
import type { BlobChange } from "./memory-blobs.ts";
import { createMemoryPorts, type Intercept } from "./memory-ports.ts";

const start = Date.parse("2026-12-01T07:00:00Z");
const periodMs = 10 * minuteMs;

/** Runs of one turn that fill a segment of 1 000 events. */
export const runsPerSegment = 200;

/** What a run cost, its dispatch included. */
export interface RunCost {
  /** Storage calls by kind. */
  readonly calls: Readonly<Record<string, number>>;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Messages that the model was sent. */
  readonly prompt: number;
}

/**
 * A schedule that continues one conversation every ten minutes, alone on storage in memory. Its runs are numbered from
 * 1; each is dispatched by a tick and executed by the real code.
 */
export async function createLongLife() {
  const time = { now: start };
  const meter = createMeter();
  const { ports, heartbeat } = createMemoryPorts({
    clock: { now: () => time.now, monotonic: () => time.now },
    sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
    ...meter.taps,
  });
  const toolbox = {
    list: async () => [],
    sources: async () => [],
    call: async () => ({ content: "", isError: false }),
  };
  const usage = { promptTokens: 1, completionTokens: 1 };
  const reply = { text: "Nothing new.", toolCalls: [], model: "scripted", usage, finishReason: "stop" } as const;
  const model = {
    async complete({ messages }: { messages: readonly unknown[] }) {
      meter.prompt = messages.length;
      return { ok: true, reply } as const;
    },
  };
  const dispatchDue = createDispatchDue(ports, heartbeat);
  const handle = createHandleRunMessage(ports, { model, toolbox, isStopping: () => false });
  const schedule = createScheduleConversation(ports, toolbox, { minimumIntervalSeconds: 60 });
  const { schedule: created } = await schedule(localPrincipal, {
    name: "Report",
    prompt: "What is new?",
    timing: { every_minutes: periodMs / minuteMs },
    conversation: "continue",
  });
  const slotOf = (number: number): Instant => start + number * periodMs;
  const referenceOf = (number: number) => ({ scheduleId: created.id, key: plannedRunKey(slotOf(number)) });

  async function readRun(number: number) {
    const current = await ports.runs.read(referenceOf(number));
    if (current === undefined) throw new Error(`Run ${number} has no record.`);
    return current.value;
  }

  return {
    readRun,
    async run(number: number): Promise<RunCost> {
      time.now = slotOf(number);
      meter.reset();
      await dispatchDue();
      await handle({ v: 1, ...referenceOf(number) });
      return meter.read();
    },
    /**
     * Brings storage to the state after run `to` without executing the runs behind `from`, the last of a segment: the
     * same code writes the conversation (a segment at a time), records and history, and one swap moves the gate.
     */
    async skipAhead(from: number, to: number): Promise<void> {
      const sample = await readRun(from);
      const segment = await continueConversation(sample, from, to);
      for (let number = from + 1; number <= to; number++) await recordRun(sample, number);
      await moveGate(to - from, slotOf(to + 1), segment);
    },
  };

  async function continueConversation(sample: Run, from: number, to: number): Promise<number> {
    const writer = createConversationWriter(ports, sample.conversationId, ports.ids.unique());
    const { conversationId: id, owner } = sample;
    await writer.acquire({ v: 1, id, owner, title: "Report", createdAt: start, segment: 0 }, false);
    await writer.open(0, false);
    const own = writer.events().flatMap((event) => ("run" in event && event.run === runId(sample) ? [event] : []));
    for (let first = from + 1; first <= to; first += runsPerSegment) {
      await writer.roll();
      const numbers = Array.from({ length: Math.min(runsPerSegment, to + 1 - first) }, (_, index) => first + index);
      await writer.append(numbers.flatMap((number) => own.map((event) => asOf(number, event))));
    }
    await writer.release();
    return writer.segment();
  }

  function asOf(number: number, event: ConversationEvent): ConversationEvent {
    const run = runId(referenceOf(number));
    return { ...event, id: ports.ids.unique(), time: slotOf(number), run } as ConversationEvent;
  }

  async function recordRun(sample: Run, number: number): Promise<void> {
    const slot = slotOf(number);
    const run = { ...sample, ...referenceOf(number), slot, createdAt: slot, startedAt: slot, endedAt: slot };
    await ports.runs.create(run);
    await ports.runs.recordEnd(run);
  }

  async function moveGate(runs: number, next: Instant, segment: number): Promise<void> {
    const current = await ports.schedules.read(created.id);
    if (current?.value.marker == null) throw new Error("The schedule has ended.");
    const { counted, finished, marker: old, seq: oldSeq } = current.value;
    const seq = oldSeq + runs;
    const marker = { ...old, slot: next, seq };
    await ports.markers.create(created.id, marker);
    const moved = { next, marker, seq, segment, counted: counted + runs, finished: finished + runs };
    await ports.schedules.replace({ ...current.value, ...moved }, current.version);
    await ports.markers.remove(created.id, old);
  }
}

/** Counts what goes to storage, and the bytes both ways. */
function createMeter() {
  let calls: Record<string, number> = {};
  let bytesRead = 0;
  let bytesWritten = 0;
  const intercept: Intercept = async ({ kind }, perform) => {
    calls[kind] = (calls[kind] ?? 0) + 1;
    const result = perform();
    if (kind === "read") bytesRead += (result as { size: number } | undefined)?.size ?? 0;
    return result;
  };
  const meter = {
    prompt: 0,
    taps: {
      intercept,
      onChange: (change: BlobChange) => {
        if (change.kind !== "removed") bytesWritten += Buffer.byteLength(change.text);
      },
    },
    reset() {
      [calls, bytesRead, bytesWritten] = [{}, 0, 0];
    },
    read: (): RunCost => ({ calls: { ...calls }, bytesRead, bytesWritten, prompt: meter.prompt }),
  };
  return meter;
}
