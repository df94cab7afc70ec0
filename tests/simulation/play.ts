import { hourMs, minuteMs, toIso } from "../../shared/kernel/clock.ts";
import { hasEnded } from "../../shared/runs/run.ts";
import type { RunMessage } from "../../shared/runs/run-queue.ts";
import { createJsonLog } from "../../shared/telemetry/json-log.ts";
import type { StorageService } from "../support/memory-ports.ts";
import { createWorld, type Handlers, type World } from "../support/world.ts";
import { createDice } from "../support/world-dice.ts";
import type { PlanFault } from "../support/world-steps.ts";
import { anyAlarms, createAlarmChecks } from "./alarms.ts";
import { anyApprovals, createApprovalChecks, letPeopleDecide } from "./approvals.ts";
import { anySeason } from "./calendar.ts";
import { checkCalls, createCallChecks } from "./call-checks.ts";
import { anyClimate } from "./climate.ts";
import { createDamage } from "./damage.ts";
import { createGateChecks } from "./gate-checks.ts";
import { createLateness } from "./lateness.ts";
import { createLedger } from "./ledger.ts";
import { createLogChecks } from "./log-checks.ts";
import { createMachines, type Machines, machineCount } from "./machines.ts";
import type { BentMachine, Mutant } from "./mutant.ts";
import { anyNotifications, createNotificationChecks } from "./notifications.ts";
import { withOddRuns } from "./odd-runs.ts";
import { letPeopleAct } from "./people.ts";
import { anyScript } from "./population.ts";
import { checkPrompt } from "./prompt-checks.ts";
import { checkQuiescence, isQuiet } from "./quiescence.ts";
import { anySegmentLimits } from "./segment-checks.ts";
import { type Broken, type CheckName, createTally } from "./tally.ts";
import { createTrouble } from "./trouble.ts";
import { checkWall } from "./wall-checks.ts";

export interface PlayOptions {
  readonly seed: number;
  /** A bug that is planted. */
  readonly mutant?: Mutant | undefined;
  /** Real storage; without it, storage in memory. */
  readonly service?: StorageService | undefined;
  /** Hears of every step, for a person who reads what happened. */
  readonly tell?: ((line: string) => void) | undefined;
}

export interface Played {
  readonly seed: number;
  /** Run records: each stands for one slot, a missed one for one or more. */
  readonly slots: number;
  readonly operations: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<CheckName, number>>;
  readonly broken: readonly Broken[];
}

/** One world from its seed to its end: everything in it is decided by the seed. */
export async function play({ seed, mutant, service, tell }: PlayOptions): Promise<Played> {
  const dice = createDice(seed);
  const climate = anyClimate(dice);
  const season = anySeason(dice);
  const script = anyScript(dice);
  const odd = withOddRuns(seed, script);
  const limits = anySegmentLimits(seed);
  const approvals = anyApprovals(seed);
  const notifications = anyNotifications(seed);
  const alarms = anyAlarms(seed);
  const tally = createTally();
  const ledger = createLedger();
  const gate = createGateChecks(ledger, tally, () => world.now());
  const logs = createLogChecks(tally, limits);
  const calls = createCallChecks(tally, logs);
  const starvedAt = () => world.host.starvedAt();
  const lateness = createLateness(ledger, tally, { now: () => world.now(), starvedAt, climate });
  const asked = createApprovalChecks({ ledger, tally, lateness, climate, now: () => world.now(), starvedAt });
  const told = createNotificationChecks(notifications, { ledger, tally });
  const called = createAlarmChecks(alarms, { ledger, tally, lateness, logs });
  const say = (text: string) => tell?.(`${toIso(world.now())} ${text}`);
  const trouble = createTrouble(dice, climate, say);
  const damage = createDamage(seed, { ledger, gate, logs, say });
  let machines: Machines | undefined;
  const world: World = createWorld({
    model: approvals.bendModel((call) => {
      checkPrompt(tally, call);
      return odd.model(call);
    }),
    tool: odd.tool,
    receiver: notifications.receiver,
    scheduler: called.script,
    start: season.start,
    machines: machineCount,
    keepsTicking: true,
    log: createJsonLog("info", trouble.print, () => world.now()),
    workers: climate.workers,
    repairs: climate.repairs,
    pick: dice.below,
    planFault: telling(
      tell,
      trouble.plan,
      () => world.now(),
      (step) => {
        calls.observe(step);
        asked.observe(step);
      },
    ),
    deliverAfter: trouble.deliverAfter,
    // A fault in a check is one of ours and must not look like one of the app's.
    onChange(change) {
      try {
        ledger.apply(change);
        asked.change(change);
      } catch (thrown) {
        tally.check(
          "all settled",
          false,
          () => `the check of ${change.name} failed: ${thrown instanceof Error ? thrown.stack : thrown}`,
        );
      }
    },
    settings: {
      sliceMs: dice.one(60_000, 480_000),
      dueShards: dice.one(1, 1, 1, 3),
      ...limits,
      ...approvals.settings,
      ...notifications.settings,
    },
    clockOf(clock) {
      machines = createMachines(dice, climate.skewMs, clock);
      return machines.clock;
    },
    observe(step) {
      if (trouble.isAnswered()) machines?.replied(step);
      return damage.observe(world);
    },
    bend: (ports) =>
      mutant?.bend?.(
        ports,
        machineOf(() => machines, trouble),
      ) ?? ports,
    bendHandlers: (handlers, ports) => tellingThrows(mutant?.bendHandlers?.(handlers, ports) ?? handlers, say),
    service: mutant?.service ?? service,
  });
  ledger.read({
    schedule(after, before) {
      gate.schedule(after, before);
      lateness.schedule(after);
      say(
        `  schedule: ${after.status}, open ${after.open.map((run) => `${run.key} ${run.state}`).join(", ") || "none"}`,
      );
    },
    run(after, before) {
      gate.run(after, before);
      lateness.run(after, before);
      calls.run(after, before);
      asked.run(after, before);
      told.run(after, before);
      called.run(after, before, world);
      say(`  record: ${after.key} ${after.state} ${after.outcome ?? ""} ${after.reason ?? ""} epoch ${after.epoch}`);
    },
    removed(conversation, segment) {
      logs.removed(conversation, segment);
      say(`  removed: ${segment === undefined ? "head" : `segment ${segment}`} of ${conversation}`);
    },
    events(conversation, segment, added) {
      logs.events(conversation, segment, added);
      asked.events(added);
      for (const event of added) say(`  logged: ${event.type}${"run" in event ? ` of ${event.run}` : ""}`);
    },
  });

  const bent = (request: Parameters<World["schedule"]>[0]) => notifications.bendRequest(approvals.bendRequest(request));
  const people: World = { ...world, schedule: (request, by) => world.schedule(bent(request), by) };
  const { endsAt } = letPeopleAct(people, ledger, dice, { season, schedules: 1 + dice.below(8), slots: 18 });
  letPeopleDecide(world, approvals, endsAt);
  trouble.haunt(world, { ledger, lateness, machines }, endsAt);
  await world.advanceTo(endsAt + 10 * minuteMs + climate.outageMs);
  trouble.calmDown();
  damage.calmDown();
  notifications.calmDown();
  alarms.calmDown();
  const isAtRest = () => isQuiet(world, ledger) && asked.isTidy();
  const unended = [...ledger.runs.values()].filter((run) => !hasEnded(run));
  const mostRest = longestRest + unended.length * (approvals.settings.approvalMs ?? 0);
  for (const from = world.now(); world.now() < from + mostRest && !tally.isFull() && !isAtRest(); ) {
    await world.advanceTo(world.now() + 10 * minuteMs);
  }
  asked.atRest();
  told.atRest(world);
  called.atRest(world);
  checkWall(ledger, tally);
  checkQuiescence({ world, ledger, tally, gate, logs });
  await damage.check(world, tally, trouble.costly());
  checkCalls(tally, calls, {
    // A worker that damage throws out leaves a message beside its spare one, and both may lead to what is damaged.
    costly: trouble.costly() + 2 * damage.count(),
    troubles: script.told.troubles + odd.unusable(),
    kills: trouble.killsOf(),
    timesLost: ledger.damage.timesLost,
  });
  const { counts, broken } = tally;
  return {
    seed,
    slots: ledger.runs.size,
    operations: world.steps.length,
    faults: { ...trouble.counts, ...damage.counts, ...odd.counts, ...notifications.counts, ...alarms.counts },
    checks: counts,
    broken,
  };
}

/** The longest wait for a retry is an hour, and an orphan is given one. Runs that wait for a person come on top, one after the other. */
const longestRest = 8 * hourMs;

const machineOf = (
  machines: () => Machines | undefined,
  { isLogDown }: Pick<ReturnType<typeof createTrouble>, "isLogDown">,
): BentMachine => ({
  isLogDown,
  localNow: () => machines()?.localNow() ?? 0,
  carriedNow: () => machines()?.carriedNow() ?? 0,
});

function tellingThrows(handlers: Handlers, say: (text: string) => void): Handlers {
  const telling = (handle: Handlers["run"]) => (message: RunMessage) =>
    handle(message).catch((thrown: unknown) => {
      say(`the message for ${message.key} is given back: ${thrown instanceof Error ? thrown.stack : thrown}`);
      throw thrown;
    });
  return { ...handlers, run: telling(handlers.run), poison: telling(handlers.poison) };
}

function telling(
  tell: PlayOptions["tell"],
  plan: PlanFault,
  now: () => number,
  observe: (step: Parameters<PlanFault>[0]) => void,
): PlanFault {
  return (step) => {
    observe(step);
    const fault = plan(step);
    if (tell !== undefined) {
      const { process, kind, name } = step;
      const who = `${process.kind} ${process.number}${process.message ? ` (${process.message.key})` : ""}`;
      const what =
        fault === undefined
          ? ""
          : `  <-- ${"milliseconds" in fault ? `${fault.kind} ${fault.milliseconds}` : fault.kind}`;
      tell(`${toIso(now())} ${who.padEnd(24)} ${kind} ${name}${what}`);
    }
    return fault;
  };
}
