import { toIso } from "../../shared/kernel/clock.ts";
import { hasEnded, type Run, runId } from "../../shared/runs/run.ts";
import { nextSlot } from "../../shared/schedule/next-slot.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { World } from "../support/world.ts";
import { wrongUsage } from "../support/wrong-usage.ts";
import type { createGateChecks } from "./gate-checks.ts";
import { type Ledger, secretMark } from "./ledger.ts";
import type { createLogChecks } from "./log-checks.ts";
import type { Tally } from "./tally.ts";

export interface Checked {
  readonly world: World;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly gate: ReturnType<typeof createGateChecks>;
  readonly logs: ReturnType<typeof createLogChecks>;
}

/** Nothing is left to do anywhere. */
export const isQuiet = ({ host }: World, { schedules, runs, markers, damage }: Ledger): boolean =>
  markers.size === 0 &&
  host.unfinished().length === 0 &&
  [...schedules.values()].every(({ open, status }) => open.length === 0 && status !== "active") &&
  [...runs.values()].every((run) => hasEnded(run) || damage.isStranded(run));

/** What must hold once everything that was to happen has happened. */
export function checkQuiescence(checked: Checked): void {
  const { world, ledger, tally } = checked;
  const { check } = tally;
  const messages = world.host.unfinished();
  check("all settled", messages.length === 0, () => `${messages.length} messages are left: ${messages[0]?.key} ...`);
  check("index whole", ledger.markers.size === 0, () => `markers are left: ${[...ledger.markers].join(" ")}`);
  for (const schedule of ledger.schedules.values()) inSchedule(checked, schedule);
  for (const run of ledger.runs.values()) inRun(checked, run);
  check("I7 no secrets", ledger.leaks.length === 0, () => `storage holds a secret: ${ledger.leaks[0]}`);
  const said = world.recorded.map(({ message, fields }) => JSON.stringify([message, fields]));
  const leak = said.find((text) => text.includes(secretMark));
  check("I7 no secrets", leak === undefined, () => `telemetry holds a secret: ${leak}`);
}

function inSchedule({ ledger, tally: { check }, gate }: Checked, schedule: Schedule): void {
  const { id, status, next, open, finished } = schedule;
  check(
    "all settled",
    status !== "active",
    () => `${id} is still active, next ${next === null ? "none" : toIso(next)}`,
  );
  check("all settled", open.length === 0, () => `${id} has open runs: ${open.map((run) => `${run.key} ${run.state}`)}`);
  const admitted = gate.everAdmittedOf(id);
  const isCounted = status === "deleted" ? finished <= admitted : finished === admitted;
  check("all settled", isCounted, () => `${id}: ${admitted} runs were admitted, ${finished} are counted as finished`);
  const runs = [...ledger.runs.values()].filter((run) => run.scheduleId === id && run.key.startsWith("p"));
  for (const { slot, missedThrough: through } of runs.filter(({ missedThrough }) => missedThrough !== undefined)) {
    const twice = runs.find((run) => run.slot > slot && run.slot <= (through ?? slot));
    check(
      "I1 each slot one record",
      twice === undefined,
      () => `${id} missed ${toIso(twice?.slot ?? 0)} and has a record for it`,
    );
  }
  const ended = [...ledger.runs.values()].filter((run) => run.scheduleId === id);
  const [wrong] = wrongUsage(schedule, ended);
  check("usage counted once", wrong === undefined || ledger.damage.concerns(id), () => wrong ?? "");
  if (isWholePlanOwed(ledger, schedule)) everySlot(ledger, schedule, check);
}

/** Where a person, max_runs or too many failures end a plan, what is owed is checked step by step. */
const isWholePlanOwed = ({ damage }: Ledger, { id, revision, pausedAt, definition }: Schedule): boolean =>
  revision === 1 && pausedAt === undefined && definition.policies.maxRuns === undefined && !damage.hasLost(id);

function everySlot({ runs, damage }: Ledger, { id, createdAt, definition }: Schedule, check: Tally["check"]): void {
  let slot = nextSlot(definition.plan, createdAt).slot;
  while (slot !== null) {
    const at = slot;
    const name = runId({ scheduleId: id, key: plannedRunKey(at) });
    const run = runs.get(name) ?? damage.lostRun(name);
    check("I1 each slot one record", run !== undefined, () => `the slot ${toIso(at)} of ${id} has no record`);
    slot = nextSlot(definition.plan, run?.missedThrough ?? at).slot;
  }
}

function inRun({ ledger, tally: { check }, logs }: Checked, run: Run): void {
  if (ledger.damage.isStranded(run)) return;
  const id = runId(run);
  check("all settled", hasEnded(run), () => `${id} is ${run.state}`);
  const history = ledger.entriesOf("history", run);
  const isTrue = history[0]?.outcome === run.outcome && history[0]?.endedAt === run.endedAt;
  if (ledger.damage.lostRun(id) !== undefined) {
    // Its record was damaged, perhaps after its end was entered; then it ended once more.
    check(
      "history once",
      history.some(({ outcome, endedAt }) => outcome === run.outcome && endedAt === run.endedAt),
      () => `${id} is in no history`,
    );
    return;
  }
  check("history once", history.length === 1 && isTrue, () => `${id} stands in history ${history.length} times`);
  const unusual = ledger.entriesOf("unusual", run).length;
  const expected = run.outcome === "succeeded" ? 0 : 1;
  check(
    "I6 ends visible",
    unusual === expected,
    () => `${id} (${run.outcome}) stands ${unusual} times among the unusual`,
  );
  if (run.outcome === "succeeded") {
    const isWhole =
      logs.endsOf(id) === 1 && logs.openCallsOf(id) === 0 && (logs.turnsOf(id) > 0 || run.reason === "reported");
    check("log well formed", isWhole, () => `${id} succeeded, its log has ${logs.endsOf(id)} ends`);
  }
}
