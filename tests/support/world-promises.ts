import { parseHistoryName } from "../../shared/azure/storage/names.ts";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import type { Instant } from "../../shared/kernel/clock.ts";
import { type Run, runId } from "../../shared/runs/run.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { World } from "./world.ts";
import { conversationsIn, runsIn, scheduleIn, segmentsIn } from "./world-state.ts";
import { wrongUsage } from "./wrong-usage.ts";

export interface Expected {
  readonly slots: readonly Instant[];
  /** Crashes, freezes and failed requests so far: each may cost one model call and one group of tool calls more. */
  readonly licences: number;
}

/** What the app has promised and not kept, once everything that was to happen has happened. Empty is good. */
export async function brokenPromises(world: World, { id }: Pick<Schedule, "id">, expected: Expected) {
  const schedule = await scheduleIn(world, { id });
  const runs = await runsIn(world, { id });
  return [
    ...inSchedule(world, schedule, runs),
    ...wrongUsage(schedule, runs),
    ...expected.slots.flatMap((slot) => inSlot(slot, runs)),
    ...runs.flatMap((run) => inRun(world, run)),
    ...(await Promise.all(conversationsIn(world).map((conversation) => inLog(world, conversation, runs)))).flat(),
    ...inCalls(world, expected.licences),
  ];
}

function inSchedule(world: World, { status, next, open, finished }: Schedule, runs: readonly Run[]): string[] {
  const admitted = runs.filter(({ epoch }) => epoch > 0).length;
  const markers = world.blobs.names().filter((name) => name.startsWith("due/"));
  const waiting = world.host.unfinished().length;
  return [
    status === "active" && `the schedule is still active, next ${next}`,
    open.length > 0 && `open runs are left: ${open.map(({ key, state }) => `${key} ${state}`)}`,
    markers.length > 0 && `markers are left: ${markers}`,
    waiting > 0 && `${waiting} messages are left`,
    status !== "deleted" &&
      finished < admitted &&
      `${admitted} runs were picked up, ${finished} are counted as finished`,
  ].filter((broken) => broken !== false);
}

function inSlot(slot: Instant, runs: readonly Run[]): string[] {
  const records = runs.filter((run) => run.slot <= slot && slot <= (run.missedThrough ?? run.slot));
  return records.length === 1 ? [] : [`slot ${slot} has ${records.length} records`];
}

function inRun(world: World, run: Run): string[] {
  const entries = world.blobs.names().flatMap((name) => parseHistoryName(name) ?? []);
  const own = entries.filter(({ scheduleId, key }) => scheduleId === run.scheduleId && key === run.key);
  const isTrue = own[0]?.outcome === run.outcome && own[0]?.endedAt === run.endedAt;
  const unusual = world.blobs.names().flatMap((name) => parseHistoryName(name, "unusual") ?? []);
  const isMarked = unusual.some(({ scheduleId, key }) => scheduleId === run.scheduleId && key === run.key);
  return [
    run.state !== "ended" && `run ${run.key} is ${run.state}`,
    isMarked === (run.outcome === "succeeded") && `run ${run.key} is in the wrong history for ${run.outcome}`,
    (own.length !== 1 || !isTrue) && `run ${run.key} stands in history ${own.length} times`,
  ].filter((broken) => broken !== false);
}

async function inLog(world: World, conversation: string, runs: readonly Run[]): Promise<string[]> {
  const segments = await segmentsIn(world, conversation);
  const events = segments.flat();
  const sealedEarly = segments.some((segment) => segment.slice(0, -1).some(({ type }) => type === "sealed"));
  const own = runs.filter(({ conversationId }) => conversationId === conversation);
  return [
    ...repeated(events.flatMap((event) => (event.type === "unknown" ? [] : [`event ${event.id}`]))),
    ...repeated(events.flatMap((event) => (event.type === "run_finished" ? [`end of ${event.run}`] : []))),
    ...repeated(events.flatMap((event) => (event.type === "tool_result" ? [`result of ${event.callId}`] : []))),
    ...(sealedEarly ? ["an event stands behind the seal"] : []),
    ...nesting(events),
    ...own.flatMap((run) => inRunLog(events, run)),
  ];
}

/** Runs of one conversation follow each other: none begins, and nothing is written, inside of another. */
function nesting(events: readonly LoggedEvent[]): string[] {
  let open: string | undefined;
  return events.flatMap((event) => {
    if (!("run" in event)) return [];
    const isForeign = open !== event.run && (event.type !== "run_started" || open !== undefined);
    if (event.type === "run_started") open = event.run;
    if (event.type === "run_finished" || event.type === "closed") open = undefined;
    return isForeign ? [`${event.type} of ${event.run} stands in the wrong place`] : [];
  });
}

function inRunLog(events: readonly LoggedEvent[], run: Run): string[] {
  const own = events.flatMap((event) => ("run" in event && event.run === runId(run) ? [event] : []));
  const steps = own.map(({ step }) => step);
  const ends = own.filter(({ type }) => type === "run_finished").length;
  const results = new Set(own.flatMap((event) => (event.type === "tool_result" ? [event.callId] : [])));
  const calls = own.flatMap((event) => (event.type === "assistant" ? event.toolCalls : []));
  return [
    steps.some((step, index) => step !== index) && `the steps of ${run.key} are ${steps}`,
    run.outcome === "succeeded" && ends !== 1 && `${run.key} succeeded and has ${ends} ends in the log`,
    run.outcome === "succeeded" && calls.some((call) => !results.has(call.id)) && `${run.key} lacks a tool result`,
  ].filter((broken) => broken !== false);
}

function inCalls(world: World, licences: number): string[] {
  const extraModel = world.modelCalls.filter(({ repeat }) => repeat > 0).length;
  const extraTool = extraGroups(world.toolCalls.map(({ idempotencyKey }) => idempotencyKey));
  return [
    extraModel > licences && `${extraModel} extra model calls for ${licences} faults`,
    extraTool > licences && `${extraTool} extra tool calls for ${licences} faults`,
  ].filter((broken) => broken !== false);
}

/** How often calls of a turn were made again: those that go on at the same time are lost, and repeated, together. */
function extraGroups(keys: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const extra = new Map<string, number>();
  for (const [key, count] of counts) {
    const turn = key.replace(/\.\d+$/, "");
    extra.set(turn, Math.max(extra.get(turn) ?? 0, count - 1));
  }
  return [...extra.values()].reduce((sum, count) => sum + count, 0);
}

const repeated = (names: readonly string[]): string[] =>
  names.filter((name, index) => names.indexOf(name) < index).map((name) => `${name} stands twice in the log`);
