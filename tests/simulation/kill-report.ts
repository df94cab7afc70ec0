import { runId } from "../../shared/runs/run.ts";
import { delaysIn, type Evidence, type Violation } from "./kill-checks.ts";
import type { HostLife } from "./kill-hosts.ts";

export interface KillFigures {
  readonly runs: number;
  readonly kills: number;
  /** Runs taken up again after their worker was killed; one kill may cut off several runs. */
  readonly pickUps: number;
  readonly modelCalls: number;
  readonly extraModelCalls: number;
  readonly toolCalls: number;
  /** Runs that had to wait for a message that a dead host had hidden: at their start, and at a recovery. */
  readonly lateStarts: number;
  readonly lateRecoveries: number;
  readonly seconds: number;
}

export function figuresOf({ stored, calls, kills }: Evidence, seconds: number): KillFigures {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const { starts: lateStarts, recoveries: lateRecoveries } = delaysIn({ stored });
  const turns = sum(stored.runs.map((run) => run.turns));
  return {
    runs: stored.runs.length,
    kills: kills.length,
    pickUps: sum(stored.runs.map(({ epoch }) => Math.max(0, epoch - 1))),
    modelCalls: calls.length,
    extraModelCalls: calls.length - turns,
    toolCalls: sum(stored.runs.map((run) => run.toolCalls)),
    lateStarts,
    lateRecoveries,
    seconds: Math.round(seconds),
  };
}

export const tableOf = (figures: KillFigures): string =>
  [
    ["runs", figures.runs],
    ["kills", figures.kills],
    ["pick-ups after a kill", figures.pickUps],
    ["model calls", figures.modelCalls],
    ["extra model calls", figures.extraModelCalls],
    ["tool calls", figures.toolCalls],
    ["late starts", figures.lateStarts],
    ["late recoveries", figures.lateRecoveries],
    ["seconds", figures.seconds],
  ]
    .map(([what, number]) => `${String(what).padEnd(36)}${String(number).padStart(6)}`)
    .join("\n");

const shownViolations = 10;
const shownSchedules = 3;
const shownLines = 30;

/** For whoever has to find out why: the seed, what is wrong, and the transcript and host lines of the first ones. */
export function failureText(
  seed: number,
  violations: readonly Violation[],
  evidence: Evidence,
  hosts: readonly HostLife[],
): string {
  const ids = [...new Set(violations.flatMap(({ scheduleId }) => scheduleId ?? []))];
  return [
    `${violations.length} violations with seed ${seed}:`,
    ...violations.slice(0, shownViolations).map(({ what }) => `- ${what}`),
    ...ids.slice(0, shownSchedules).flatMap((id) => [...storyOf(id, evidence), ...linesAbout(id, hosts)]),
    `Kills: ${evidence.kills.map((time) => new Date(time).toISOString()).join(", ")}`,
  ].join("\n");
}

function storyOf(scheduleId: string, { stored }: Evidence): string[] {
  const schedule = stored.schedules.find(({ id }) => id === scheduleId);
  const runs = stored.runs.filter((run) => run.scheduleId === scheduleId);
  return [
    `\nSchedule ${scheduleId}: ${JSON.stringify(schedule)}`,
    ...runs.flatMap((run) => [
      `Run ${run.key}: ${JSON.stringify(run)}`,
      ...(stored.conversations.get(run.conversationId) ?? [])
        .filter((event) => "run" in event && event.run === runId(run))
        .map((event) => `  ${JSON.stringify(event).slice(0, 300)}`),
    ]),
  ];
}

function linesAbout(scheduleId: string, hosts: readonly HostLife[]): string[] {
  return hosts.flatMap(({ number, lines, killedAt }) => {
    const about = lines.filter((line) => line.includes(scheduleId) || /warn|error|Failed/i.test(line));
    if (about.length === 0) return [];
    const end = killedAt === undefined ? "" : `, killed ${new Date(killedAt).toISOString()}`;
    return [`Host ${number}${end}:`, ...about.slice(-shownLines).map((line) => `  ${line.slice(0, 400)}`)];
  });
}
