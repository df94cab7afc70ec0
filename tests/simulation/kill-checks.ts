import type { LoggedEvent } from "../../shared/conversations/events.ts";
import { type Run, runId } from "../../shared/runs/run.ts";
import type { ModelCall } from "../support/scripted-openai.ts";
import { type Asked, queryFor } from "./kill-plan.ts";
import type { Stored } from "./kill-storage.ts";

export interface ExpectedSchedule {
  readonly id: string;
  readonly name: string;
  readonly slots: readonly number[];
}

/** One request that reached the model. */
export interface AskedCall extends Asked {
  readonly messages: ModelCall["messages"];
}

export interface Evidence {
  readonly expected: readonly ExpectedSchedule[];
  readonly stored: Stored;
  readonly calls: readonly AskedCall[];
  /** When hosts were killed. */
  readonly kills: readonly number[];
  readonly leftMarkers: readonly string[];
  readonly leftMessages: number;
}

export interface Violation {
  readonly what: string;
  readonly scheduleId?: string;
}

/** What must hold after everything has ended, however often hosts were killed. Empty: it does. */
export function findViolations(evidence: Evidence): readonly Violation[] {
  const { expected, stored, leftMarkers, leftMessages } = evidence;
  const known = new Set(expected.map(({ id }) => id));
  return [
    ...delayProblems(evidence),
    ...expected.flatMap((schedule) =>
      [...gateProblems(schedule, stored), ...runsOf(schedule, stored).flatMap((run) => runProblems(run, evidence))].map(
        (what) => ({ what: `${schedule.name}: ${what}`, scheduleId: schedule.id }),
      ),
    ),
    ...stored.history
      .filter(({ scheduleId }) => !known.has(scheduleId))
      .map(({ scheduleId }) => ({ what: `history of a schedule that nobody asked for: ${scheduleId}`, scheduleId })),
    ...[...stored.conversations].flatMap(([id, events]) =>
      repeated(events.map(idOf)).map((event) => ({ what: `conversation ${id} holds the event ${event} twice` })),
    ),
    ...leftMarkers.map((name) => ({ what: `a due marker is left: ${name}` })),
    ...(leftMessages === 0 ? [] : [{ what: `${leftMessages} messages are left in the queues` }]),
  ];
}

const runsOf = ({ id }: ExpectedSchedule, { runs }: Stored): Run[] =>
  runs.filter(({ scheduleId }) => scheduleId === id).sort((left, right) => left.slot - right.slot);

/** Nothing lost, nothing twice: each slot has one record, and the schedule is over. */
function gateProblems(expected: ExpectedSchedule, stored: Stored): string[] {
  const schedule = stored.schedules.find(({ id }) => id === expected.id);
  if (schedule === undefined) return ["the schedule is gone"];
  const slots = runsOf(expected, stored).map(({ slot }) => slot);
  const { status, open, finished, marker } = schedule;
  return problems([
    [String(slots) !== String(expected.slots), `slots ${expected.slots} were planned, records are ${slots}`],
    [status !== "completed" || open.length > 0 || marker !== null, `is ${status} with ${open.length} runs open`],
    [finished !== expected.slots.length, `${finished} runs count as finished`],
  ]);
}

function runProblems(run: Run, evidence: Evidence): string[] {
  const { stored } = evidence;
  const log = stored.conversations.get(run.conversationId) ?? [];
  const marks = stored.history.filter(({ scheduleId, key }) => scheduleId === run.scheduleId && key === run.key);
  return [
    ...problems([
      [run.state !== "ended" || run.outcome !== "succeeded", `is ${run.state} ${run.outcome} ${run.reason ?? ""}`],
      [marks.length !== 1, `has ${marks.length} history markers`],
    ]),
    ...transcriptProblems(run, log),
    ...callProblems(run, log, evidence),
    ...pickUpProblems(run, log, evidence.kills),
  ].map((what) => `run ${run.key} ${what}`);
}

function transcriptProblems(run: Run, log: readonly LoggedEvent[]): string[] {
  const events = log.flatMap((event) => ("run" in event && event.run === runId(run) ? [event] : []));
  const count = (type: string) => events.filter((event) => event.type === type).length;
  const asked = events.flatMap((event) => (event.type === "assistant" ? event.toolCalls.map(({ id }) => id) : []));
  const results = events.flatMap((event) => (event.type === "tool_result" ? [event.callId] : []));
  return problems([
    [count("user") !== 1, `has ${count("user")} prompts`],
    [count("run_finished") !== 1, `has ${count("run_finished")} ends`],
    [repeated(asked).length > 0, `has tool calls twice: ${repeated(asked)}`],
    [String(asked) !== String(results), `asked for ${asked} and has results of ${results}`],
    [run.turns !== count("assistant"), `counts ${run.turns} turns, its log ${count("assistant")}`],
    [run.toolCalls !== results.length, `counts ${run.toolCalls} tool calls, its log ${results.length}`],
  ]);
}

/**
 * Each request says what the log says up to there: nothing that stands in the log is asked for again. An answer that
 * a kill has cost is asked for once more, by the worker that took the run up.
 */
function callProblems(run: Run, log: readonly LoggedEvent[], { expected, stored, calls }: Evidence): string[] {
  const schedule = expected.find(({ id }) => id === run.scheduleId);
  if (schedule === undefined) return [];
  const name = `${schedule.name}.${runsOf(schedule, stored).indexOf(run) + 1}`;
  const own = calls.filter((call) => call.run === name);
  const last = log.findLastIndex((event) => "run" in event && event.run === runId(run));
  const said = log.slice(0, last + 1).flatMap(messageIn);
  const strays = own.filter(({ messages }) => {
    const asked = messages.filter(({ role }) => role !== "system").map(messageOf);
    return asked.some((message, index) => message !== said[index]);
  });
  const turns = new Set(own.map(({ turn }) => turn));
  const back = own.filter(({ turn }, index) => turn < (own[index - 1]?.turn ?? 0));
  return problems([
    [
      strays.length > 0,
      `was asked about with messages that are not its log, in turns ${strays.map(({ turn }) => turn)}`,
    ],
    [back.length > 0, `was asked for turn ${back.map(({ turn }) => turn)} again after a later one`],
    [turns.size !== run.turns, `has ${run.turns} turns, the model was asked for ${turns.size}`],
    [
      own.length - run.turns > run.epoch - 1,
      `cost ${own.length - run.turns} extra model calls in ${run.epoch} pick-ups`,
    ],
    [!resultsMatch(log, name), "has a result that belongs to another call"],
  ]);
}

function resultsMatch(log: readonly LoggedEvent[], name: string): boolean {
  const number = Number(name.split(".")[1]);
  const starts = log.flatMap((event, index) => (event.type === "user" ? [index] : []));
  let turn = -1;
  let index = 0;
  for (const event of log.slice(starts[number - 1], starts[number])) {
    if (event.type === "assistant") [turn, index] = [turn + 1, 0];
    if (event.type === "tool_result" && !event.content.includes(queryFor(name, turn, index++))) return false;
  }
  return true;
}

/** The service's clock shows whole seconds, and it is a host's view of it that stands in the log. */
const clockToleranceMs = 3000;

/** A run is taken up again because its worker was killed, and for no other reason. */
function pickUpProblems(run: Run, log: readonly LoggedEvent[], kills: readonly number[]): string[] {
  const taken = pickUpsOf(run, log);
  return taken.slice(1).flatMap(({ epoch, time }, index) => {
    const before = taken[index] ?? { epoch: 0, time: 0 };
    const between = kills.filter((kill) => kill > before.time - clockToleranceMs && kill < time + clockToleranceMs);
    return problems([
      [epoch <= before.epoch, `was taken up ${epoch} after ${before.epoch}`],
      [between.length < epoch - before.epoch, `was taken up ${epoch} times without a kill in between`],
    ]);
  });
}

interface PickUp {
  readonly epoch: number;
  readonly time: number;
}

/** The first is known from the record: its worker may have died before it wrote anything into the log. */
function pickUpsOf(run: Run, log: readonly LoggedEvent[]): readonly PickUp[] {
  const later = log.flatMap((event) =>
    event.type === "run_started" && event.run === runId(run) && event.epoch > 1 ? [event] : [],
  );
  return [{ epoch: 1, time: run.startedAt ?? 0 }, ...later];
}

/**
 * A warm host starts a run within about 2 s of its slot. Whose worker dies is seen by its spare message after 23 s and
 * the polling, also when the worker died before it wrote that the run had begun. The host hides its own for 45 s.
 */
const lateMs = 36_000;

/** Runs that waited until the host showed a dead host's message again. */
export function delaysIn({ stored }: Pick<Evidence, "stored">): {
  readonly starts: number;
  readonly recoveries: number;
} {
  const starts = stored.runs.filter(({ slot, startedAt = slot }) => startedAt - slot > lateMs);
  const recoveries = stored.runs.flatMap((run) => {
    const times = pickUpsOf(run, stored.conversations.get(run.conversationId) ?? []).map(({ time }) => time);
    return times.filter((time, index) => time - (times[index - 1] ?? time) > lateMs);
  });
  return { starts: starts.length, recoveries: recoveries.length };
}

/**
 * A host that dies between taking a message and leaving a spare one makes its run wait for the hidden message. That is
 * a few storage calls, one kill in twenty; more than one in four means that there is no spare message.
 */
function delayProblems(evidence: Evidence): Violation[] {
  const { starts, recoveries } = delaysIn(evidence);
  const isTooMany = starts + recoveries > Math.max(2, evidence.kills.length / 4);
  const seconds = evidence.stored.runs.map(({ slot, startedAt = slot }) => Math.round((startedAt - slot) / 1000));
  return isTooMany
    ? [{ what: `${starts} starts and ${recoveries} recoveries were late; seconds to each start: ${seconds}` }]
    : [];
}

const messageIn = (event: LoggedEvent): string[] => {
  if (event.type === "user") return [messageOf({ role: "user", content: event.text })];
  if (event.type === "tool_result") {
    const content = event.isError ? `Error: ${event.content}` : event.content;
    return [messageOf({ role: "tool", content, tool_call_id: event.callId })];
  }
  if (event.type !== "assistant") return [];
  return [messageOf({ role: "assistant", content: event.text, tool_calls: event.toolCalls })];
};

const messageOf = ({ role, content, tool_calls = [], tool_call_id }: ModelCall["messages"][number]): string =>
  JSON.stringify([role, content ?? "", tool_calls.map(({ id }) => id), tool_call_id ?? ""]);

const idOf = (event: LoggedEvent): string => (event.type === "unknown" ? JSON.stringify(event.raw) : event.id);

const repeated = (texts: readonly string[]): string[] => texts.filter((text, index) => texts.indexOf(text) !== index);

const problems = (found: readonly (readonly [boolean, string])[]): string[] =>
  found.flatMap(([isWrong, what]) => (isWrong ? [what] : []));
