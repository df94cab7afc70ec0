import { markerName } from "../../shared/azure/storage/names.ts";
import type { Run } from "../../shared/runs/run.ts";
import { alwaysQueues, isPlannedKind } from "../../shared/schedule/gate.ts";
import { upcomingSlots } from "../../shared/schedule/next-slot.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { World } from "./world.ts";
import { runsIn, scheduleIn } from "./world-state.ts";
import type { Step } from "./world-steps.ts";

/** Looks at storage after each step that wrote a schedule or a run, and remembers what must never be true. */
export function createInvariants() {
  const violations: string[] = [];
  const ends = new Map<string, string>();
  const admitted = new Set<string>();
  let before: Schedule | undefined;

  async function observe(world: World, step: Step, id: string): Promise<void> {
    if (step.kind !== "write" || !/^(schedules|runs)\//.test(step.name)) return;
    const schedule = await scheduleIn(world, { id });
    const runs = await runsIn(world, { id });
    for (const { key, kind, state } of schedule.open) if (state === "active" && isPlannedKind(kind)) admitted.add(key);
    const found = [
      ...endsOnce(runs, ends),
      ...gate(schedule, runs, admitted.size),
      ...cursor(world, before, schedule, runs),
    ];
    violations.push(...found.map((violation) => `step ${step.number}: ${violation}`));
    before = schedule;
  }

  return { violations, observe };
}

/** I2: an outcome is committed once. */
function endsOnce(runs: readonly Run[], ends: Map<string, string>): string[] {
  return runs.flatMap(({ key, state, outcome, endedAt }) => {
    if (state !== "ended" && !ends.has(key)) return [];
    const end = `${state} ${outcome} ${endedAt}`;
    const first = ends.get(key) ?? end;
    ends.set(key, first);
    return first === end ? [] : [`run ${key} was "${first}" and became "${end}"`];
  });
}

function gate(schedule: Schedule, runs: readonly Run[], admitted: number): string[] {
  const { open, counted, definition } = schedule;
  const { overlap, maxRuns = Infinity } = definition.policies;
  const hasEnded = (key: string) => runs.find((run) => run.key === key)?.state === "ended";
  const live = open.filter(({ key, state }) => state === "active" && !hasEnded(key));
  const buffered = open.filter(({ kind, state }) => state === "buffered" && !alwaysQueues(kind));
  return [
    overlap !== "allow_all" && live.length > 1 && `runs overlap: ${live.map(({ key }) => key)}`,
    buffered.length > 1 && `${buffered.length} runs are buffered`,
    counted !== admitted && `${admitted} runs were admitted, ${counted} are counted`,
    counted > maxRuns && `${counted} runs were admitted, max_runs is ${maxRuns}`,
  ].filter((violation) => violation !== false);
}

/** I3: the cursor never passes a slot without a record or an open entry; and what it points to can be found. */
function cursor(world: World, before: Schedule | undefined, schedule: Schedule, runs: readonly Run[]): string[] {
  const { id, marker, next, open, definition } = schedule;
  const isLost = marker !== null && !world.blobs.names().includes(markerName(id, marker));
  const lost = isLost ? ["the schedule's marker does not exist"] : [];
  if (before === undefined || before.next === null || before.next === next) return lost;
  const isUsedUp = schedule.counted >= (definition.policies.maxRuns ?? Infinity);
  if (isUsedUp || schedule.status === "deleted" || schedule.status === "paused") return lost;
  const passed = upcomingSlots(definition.plan, before.next - 1, 100).filter((slot) => slot < (next ?? Infinity));
  const uncovered = passed.filter(
    (slot) =>
      !open.some((run) => run.slot === slot) &&
      !runs.some((run) => run.slot <= slot && slot <= (run.missedThrough ?? run.slot)),
  );
  return [...lost, ...uncovered.map((slot) => `the cursor passed slot ${slot} without a record`)];
}
