import { parseApprovalName } from "../../shared/azure/storage/names.ts";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import { type Instant, minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { type Approval, approvalId } from "../../shared/runs/approval.ts";
import { type Run, runId } from "../../shared/runs/run.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { createApprovalWatch } from "../support/approval-watch.ts";
import type { BlobChange } from "../support/memory-blobs.ts";
import type { World } from "../support/world.ts";
import { createDice } from "../support/world-dice.ts";
import type { Script } from "../support/world-engine.ts";
import type { Step } from "../support/world-steps.ts";
import type { Climate } from "./climate.ts";
import type { Lateness } from "./lateness.ts";
import type { Ledger } from "./ledger.ts";
import { owners } from "./population.ts";
import type { Tally } from "./tally.ts";

/** In some worlds runs ask before they change things, and people approve, deny, disagree or never look. */
export function anyApprovals(seed: number) {
  // Dice of their own: worlds without approvals are what they were.
  const dice = createDice(seed + 7_000_001);
  const { chance, one } = dice;
  const isOn = chance(0.5);
  const asks = one<readonly string[]>(["send"], ["look_up", "send"], ["send", "look_up", "send"]);
  const eagerness = one(0.2, 0.6);
  const chosen = new Map<string | undefined, Policies["approval"] | undefined>();

  /** Whoever repeats a call repeats it as it was. */
  function approvalOf(key: string | undefined): Policies["approval"] | undefined {
    if (!chosen.has(key)) chosen.set(key, isOn && chance(0.7) ? one("writes", "writes", "always") : undefined);
    return chosen.get(key);
  }

  return {
    dice,
    isOn,
    /** Whether somebody looks in a minute. 0: nobody ever does. */
    attention: one(0, 0.2, 0.6, 1),
    settings: isOn ? { approvalMs: one(3, 20, 90) * minuteMs } : {},
    bendRequest(request: AnyRequest): AnyRequest {
      const approval = approvalOf(request.idempotencyKey);
      if (approval === undefined) return request;
      const allowedTools = approval === "always" ? ["look_up", "send"] : ["desk:*"];
      return { ...request, allowedTools, policies: { ...request.policies, approval } };
    },
    bendModel:
      (model: Script["model"]): Script["model"] =>
      (call) => {
        const step = model(call);
        const isFirstAnswer = call.turn === 0 && !call.isSummary && step.text?.startsWith("Done") === true;
        const mayAsk = step.tools !== undefined || isFirstAnswer;
        return isOn && mayAsk && chance(eagerness) ? { ...step, tools: asks } : step;
      },
  };
}

type AnyRequest = Parameters<World["schedule"]>[0];
export type Approvals = ReturnType<typeof anyApprovals>;

/** People who look at what waits for them, until nobody needs them any more. */
export function letPeopleDecide(world: World, { dice, isOn, attention }: Approvals, endsAt: Instant): void {
  const { below, chance, one } = dice;
  if (!isOn || attention === 0) return;
  for (let at = world.now() + 3 * minuteMs; at < endsAt + 30 * minuteMs; at += minuteMs) {
    if (!chance(attention)) continue;
    const principal = one(...owners);
    const moment = at + below(minuteMs);
    const look = async () => {
      for (const approval of await world.approvals(principal)) if (chance(0.7)) await decide(approval);
    };
    const decide = async (approval: Approval) => {
      const note = one(undefined, "Not before Monday.");
      const approve = chance(0.6);
      await world.decide({ id: approvalId(approval), approve, note }, principal).catch(ifRefused);
    };
    world.at(moment, look);
    // Two people at one desk, who do not ask each other.
    if (chance(0.3)) world.at(moment, look);
  }
}

function ifRefused(thrown: unknown): void {
  if (!(thrown instanceof AppError) || thrown.code !== "VALIDATION_ERROR") throw thrown;
}

export interface ApprovalContext {
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly lateness: Lateness;
  readonly climate: Climate;
  readonly now: () => Instant;
  readonly starvedAt: () => Instant;
}

/** A message, the polling of the queue, and what the clocks round. */
const promptMs = 65 * secondMs;

/** What must hold of approvals at every moment. */
export function createApprovalChecks({ ledger, tally: { check }, lateness, climate, now, starvedAt }: ApprovalContext) {
  const watch = createApprovalWatch();
  const shown = new Set<string>();
  /** Decisions after which the run has gone on. */
  const noted = new Set<string>();

  return {
    change({ kind, name }: BlobChange): void {
      const reference = parseApprovalName(name);
      if (reference === undefined) return;
      const id = approvalId(reference);
      if (kind === "written") shown.add(id);
      if (kind === "removed") shown.delete(id);
      const run = ledger.runs.get(runId(reference));
      const isHidden = kind === "removed" && run?.state === "waiting_approval" && run.waiting?.step === reference.step;
      check("requests visible", !isHidden, () => `${id} is taken away while its run waits`);
    },

    events(added: readonly LoggedEvent[]): void {
      watch.events(added);
      const [doubled] = watch.doubled;
      if (added.some(({ type }) => type.startsWith("approval"))) {
        check("one decision", doubled === undefined, () => `${doubled}`);
      }
    },

    /** What is called now has to be approved now, by what the log says. */
    observe({ kind, name }: Step): void {
      const call = kind === "tool" ? watch.callOf(name) : undefined;
      const schedule = call && ledger.schedules.get(call.run.slice(0, call.run.indexOf(".")));
      if (call === undefined || schedule === undefined || !needsDecision(schedule, call.tool)) return;
      check(
        "approved first",
        call.approved === true,
        () => `${name} (${call.tool}) is ${call.approved ?? "undecided"}`,
      );
    },

    run(after: Run, before: Run | undefined): void {
      const { waiting, decision } = after;
      if (after.state === "waiting_approval" && waiting !== undefined) {
        const id = approvalId({ ...after, step: waiting.step });
        check("requests visible", shown.has(id), () => `${runId(after)} waits for ${id}, which nobody can find`);
      }
      if (decision === undefined) return;
      const earlier = before?.decision?.step === decision.step ? before.decision : undefined;
      const isSame = earlier === undefined || (earlier.approve === decision.approve && earlier.by === decision.by);
      check("one decision", isSame, () => `${runId(after)} was ${wordsOf(earlier)} and becomes ${wordsOf(decision)}`);
      const expiredAt = before?.waiting?.expiresAt;
      if (earlier === undefined && decision.by === "expiry" && expiredAt !== undefined)
        prompt(after, "expired", expiredAt);
      const goesOn = after.epoch > (before?.epoch ?? 0) && before?.state === "queued" && before.decision !== undefined;
      if (goesOn && !noted.has(approvalId({ ...after, step: decision.step }))) {
        noted.add(approvalId({ ...after, step: decision.step }));
        // Who decides, dies and never repeats it leaves the run to the hourly repair or to its expiry.
        if (!climate.usersToo) prompt(after, "was decided", decision.at);
      }
    },

    /** What nobody will take away any more is left to the hourly repair. */
    isTidy: (): boolean => !climate.repairs || shown.size === 0,

    atRest(): void {
      if (climate.repairs)
        check("requests visible", shown.size === 0, () => `requests are left: ${[...shown].join(" ")}`);
    },
  };

  function prompt(run: Run, what: string, at: Instant): void {
    if (starvedAt() >= at) return;
    const [gap, allowed] = [now() - at, promptMs + lateness.allowance(at)];
    check("I5 on time", gap <= allowed, () => `${runId(run)} went on ${gap / secondMs} s after it ${what}`);
  }
}

/** Read from the schedule as people wrote it, not by the app's own rule. */
function needsDecision({ definition: { policies, allowedTools } }: Schedule, tool: string): boolean {
  if (policies.approval === "never") return false;
  return policies.approval === "always" || (tool === "send" && allowedTools?.includes("send") !== true);
}

const wordsOf = (decision: Run["decision"]): string =>
  `${decision?.approve === true ? "approved" : "denied"} by ${decision?.by}`;
