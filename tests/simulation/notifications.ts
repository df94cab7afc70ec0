import { type Instant, toIso } from "../../shared/kernel/clock.ts";
import type { Letter, NotifySettings } from "../../shared/runs/notifier.ts";
import { type Run, runId } from "../../shared/runs/run.ts";
import type { Notify } from "../../shared/schedule/notify.ts";
import type { World } from "../support/world.ts";
import { createDice } from "../support/world-dice.ts";
import type { ReceiverStep } from "../support/world-receiver.ts";
import type { Ledger } from "./ledger.ts";
import type { Tally } from "./tally.ts";

type AnyRequest = Parameters<World["schedule"]>[0];

/** In half of the worlds schedules tell what happens, to receivers that fail, hang, die, or are gone for ever. */
export function anyNotifications(seed: number) {
  // Dice of their own: worlds without notifications are what they were.
  const { chance, one } = createDice(seed + 9_000_011);
  const isOn = chance(0.5);
  const trouble = one(0, 0.1, 0.5, 0.9);
  const settings: NotifySettings = {
    format: one("standard", "teams", "slack"),
    takesUrls: true,
    isLocal: false,
    ...(isOn && chance(0.3) ? { url: "https://operator.contoso.com/hook" } : {}),
  };
  const counts: Record<string, number> = {};
  const chosen = new Map<string | undefined, Pick<AnyRequest, "notify" | "notifyUrl">>();
  let isCalm = false;

  /** Whoever repeats a call repeats it as it was. */
  function choiceOf(key: string | undefined) {
    const known = chosen.get(key);
    if (known !== undefined) return known;
    const notify = one<Notify | undefined>("always", "always", "on_change", "on_failure", "never", undefined);
    const host = one("here", "here", "there", "gone");
    const choice = {
      ...(notify === undefined ? {} : { notify }),
      ...(chance(0.8) ? { notifyUrl: `https://${host}.contoso.com/hook` } : {}),
    };
    chosen.set(key, choice);
    return choice;
  }

  function counted(step: ReceiverStep): ReceiverStep {
    if (step !== "takes")
      counts[`receiver_${step.replace(" ", "_")}`] = (counts[`receiver_${step.replace(" ", "_")}`] ?? 0) + 1;
    return step;
  }

  return {
    settings: { notify: settings },
    counts: counts as Readonly<Record<string, number>>,
    bendRequest: (request: AnyRequest): AnyRequest =>
      isOn ? { ...request, ...choiceOf(request.idempotencyKey) } : request,
    receiver: ({ url }: Letter): ReceiverStep => {
      if (url.startsWith("https://gone.")) return counted("is gone");
      return counted(!isCalm && chance(trouble) ? one("refuses", "dies", "hangs", "busy") : "takes");
    },
    calmDown(): void {
      isCalm = true;
    },
  };
}

type Notifications = ReturnType<typeof anyNotifications>;

/** What must hold of notifications: none lost, and what is called delivered has arrived. */
export function createNotificationChecks(
  { settings: { notify: settings } }: Notifications,
  { ledger, tally: { check } }: { ledger: Ledger; tally: Tally },
) {
  const failures = ["failed", "timed_out", "no_output", "auth_required", "budget_exceeded"];

  /** By what the schedule says, or undefined when that cannot be known any more. */
  function owes(run: Run): boolean | undefined {
    const schedule = ledger.schedules.get(run.scheduleId);
    if (schedule === undefined || ledger.damage.hasLost(run.scheduleId)) return undefined;
    const { notify = "on_failure", notifyUrl = settings.url } = schedule.definition;
    if (notifyUrl === undefined || run.kind === "chat" || notify === "never") return false;
    if (run.state !== "ended") return run.state === "waiting_approval";
    const isFailure = failures.includes(run.outcome ?? "");
    if (notify === "on_failure") return isFailure;
    return notify === "always" || (run.outcome !== "cancelled" && run.quiet === undefined);
  }

  /** In the very write that makes it true, so that no crash can come between. */
  function run(after: Run, before: Run | undefined): void {
    if (after.state !== "ended" && after.state !== "waiting_approval") return;
    if (before?.state === after.state) return;
    const owed = owes(after);
    if (owed === undefined) return;
    const isWritten = after.notices?.some(({ event, step }) =>
      after.state === "ended"
        ? event === "run_finished"
        : event === "approval_requested" && step === after.waiting?.step,
    );
    check(
      "none untold",
      (isWritten ?? false) === owed,
      () => `${runId(after)} ${after.state}: told ${isWritten}, owed ${owed}`,
    );
  }

  function atRest({ letters }: World): void {
    const arrived = new Map<string, Instant>(letters.map(({ id, at }) => [id, at]));
    for (const told of ledger.runs.values()) {
      if (ledger.damage.isStranded(told)) continue;
      for (const { event, step, state } of told.notices ?? []) {
        const id = [runId(told).replaceAll(".", "_"), event, ...(step === undefined ? [] : [step])].join("_");
        check("none untold", state !== "pending", () => `${id} is still to be told`);
        if (state === "delivered")
          check("none untold", arrived.has(id), () => `${id} is called delivered and has not arrived`);
      }
    }
    for (const { id, silentUntil, definition } of ledger.schedules.values()) {
      const { notify, notifyUrl = settings.url } = definition;
      if (silentUntil === undefined || notify === "never" || notifyUrl === undefined) continue;
      if (ledger.damage.concerns(id)) continue;
      const own = [...ledger.runs.values()].filter(({ scheduleId }) => scheduleId === id);
      const isTold = own.some(({ notices }) => notices?.some(({ event }) => event === "schedule_silent"));
      check("none untold", isTold, () => `${id} was silent until ${toIso(silentUntil)}, and nobody was told`);
    }
    for (const { id, pausedBy, definition } of ledger.schedules.values()) {
      const by = pausedBy === undefined ? undefined : ledger.runs.get(`${id}.${pausedBy}`);
      if (by === undefined || ledger.damage.concerns(id) || owes(by) !== true) continue;
      const told = by.notices?.some(({ event }) => event === "schedule_paused");
      check("none untold", told === true, () => `${definition.name} is paused by ${runId(by)}, and nobody was told`);
    }
  }

  return { run, atRest };
}
