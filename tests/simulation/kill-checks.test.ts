import { expect, it } from "vitest";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import type { Run } from "../../shared/runs/run.ts";
import { runId } from "../../shared/runs/run.ts";
import { asks, assistant, finished, result, started, system, user } from "../support/sample-events.ts";
import { sampleRun, sampleSchedule, sampleSlot } from "../support/sample-records.ts";
import { type AskedCall, type Evidence, findViolations } from "./kill-checks.ts";

const ended = { state: "ended", outcome: "succeeded", startedAt: sampleSlot, endedAt: sampleSlot } as const;
const run: Run = sampleRun({ ...ended, epoch: 2, turns: 2, toolCalls: 1 });
const name = runId(run);
const query = "run s000.1 step 0.0";
const numbered = (events: readonly LoggedEvent[]): LoggedEvent[] =>
  events.map((event, index) => ({ ...event, id: `e${index}` }) as LoggedEvent);

const log = numbered([
  started(name),
  system(name, "Work."),
  user(name, "Look."),
  asks(name, "c1"),
  started(name, 2),
  result(name, "c1", `found ${query}`),
  assistant(name, { text: "Report." }),
  finished(name),
]);

const opening: AskedCall["messages"] = [
  { role: "system", content: "Work." },
  { role: "user", content: "Look." },
];
const afterTool: AskedCall["messages"] = [
  ...opening,
  { role: "assistant", content: null, tool_calls: [{ id: "c1" }] },
  { role: "tool", content: `found ${query}`, tool_call_id: "c1" },
];
const ask = (turn: number, messages: AskedCall["messages"]): AskedCall => ({ run: "s000.1", turn, messages });

const schedule = sampleSchedule({ status: "completed", next: null, marker: null, finished: 1 });
const mark = { scheduleId: run.scheduleId, key: run.key, endedAt: sampleSlot, outcome: "succeeded" } as const;

/** One run whose host was killed once, which cost one model call. */
const evidence = (wrong: Partial<Evidence> & Partial<Evidence["stored"]> & { log?: readonly LoggedEvent[] } = {}) => {
  const { expected, calls, kills, leftMarkers = [], leftMessages = 0, ...stored } = wrong;
  return {
    expected: expected ?? [{ id: schedule.id, name: "s000", slots: [sampleSlot] }],
    calls: calls ?? [ask(0, opening), ask(0, opening), ask(1, afterTool)],
    kills: kills ?? [sampleSlot],
    leftMarkers,
    leftMessages,
    stored: {
      schedules: stored.schedules ?? [schedule],
      runs: stored.runs ?? [run],
      history: stored.history ?? [mark],
      conversations: new Map([[run.conversationId, stored.log ?? log]]),
    },
  };
};

it("finds nothing wrong with a run that survived a kill", () => {
  expect(findViolations(evidence())).toEqual([]);
});

it.each([
  { what: "a lost run", wrong: { runs: [], history: [] }, says: /slots .* were planned/ },
  { what: "a lost schedule", wrong: { schedules: [], runs: [] }, says: /is gone/ },
  { what: "a schedule that is not over", wrong: { schedules: [sampleSchedule({ finished: 1 })] }, says: /is active/ },
  { what: "another outcome", wrong: { runs: [{ ...run, outcome: "failed" as const }] }, says: /is ended failed/ },
  { what: "a run without history", wrong: { history: [] }, says: /has 0 history markers/ },
  { what: "a second end", wrong: { history: [mark, { ...mark, endedAt: 1 }] }, says: /has 2 history markers/ },
  { what: "a second end in the log", wrong: { log: numbered([...log, finished(name)]) }, says: /has 2 ends/ },
  { what: "an event written twice", wrong: { log: [...log, log[0]!] }, says: /holds the event e0 twice/ },
  {
    what: "a tool called again",
    wrong: { log: numbered([...log.slice(0, 6), result(name, "c1", `found ${query}`), ...log.slice(6)]) },
    says: /has results of c1,c1/,
  },
  {
    what: "a result of another call",
    wrong: { log: numbered([...log.slice(0, 5), result(name, "c1", "found run s001.1 step 0.0"), ...log.slice(6)]) },
    says: /belongs to another call/,
  },
  {
    what: "a request that has forgotten a result",
    wrong: { calls: [ask(0, opening), ask(1, [...opening, { role: "assistant", tool_calls: [{ id: "c2" }] }])] },
    says: /messages that are not its log, in turns 1/,
  },
  {
    what: "a turn asked for again although its answer is known",
    wrong: { calls: [ask(0, opening), ask(1, afterTool), ask(0, opening)] },
    says: /turn 0 again/,
  },
  {
    what: "more model calls than kills explain",
    wrong: { calls: [ask(0, opening), ask(0, opening), ask(0, opening), ask(1, afterTool)] },
    says: /2 extra model calls in 2 pick-ups/,
  },
  { what: "a pick-up without a kill", wrong: { kills: [] }, says: /without a kill/ },
  {
    what: "recoveries that wait for the host",
    wrong: { runs: Array.from({ length: 3 }, () => ({ ...run, startedAt: sampleSlot - 40_000 })) },
    says: /3 recoveries were late/,
  },
  {
    what: "runs that wait for the host",
    wrong: { runs: Array.from({ length: 3 }, () => ({ ...run, startedAt: sampleSlot + 46_000 })) },
    says: /3 starts .* late; seconds to each start: 46,46,46/,
  },
  { what: "a marker left behind", wrong: { leftMarkers: ["due/0/x"] }, says: /due marker is left/ },
  { what: "a message left behind", wrong: { leftMessages: 2 }, says: /2 messages are left/ },
])("finds $what", ({ wrong, says }) => {
  const found = findViolations(evidence(wrong)).map(({ what }) => what);
  expect(found.join("\n")).toMatch(says);
});
