import type { ModelCall, ScriptedReply } from "../support/scripted-openai.ts";
import { createDice, type Dice } from "../support/world-dice.ts";

/** A schedule of the test. Seconds count from the moment at which the hosts are ready. */
export interface PlannedSchedule {
  readonly name: string;
  readonly conversation: "new" | "continue";
  readonly firstSlotSeconds: number;
  /** More than one: every minute. */
  readonly slots: number;
  /** When the client asks for it: always before the first slot, sometimes far, sometimes within the look-ahead. */
  readonly askedSeconds: number;
}

/** From its slot on a run needs seconds, so four in five minutes leave each the time for a recovery. */
const mostSlots = 4;
const leastNoticeSeconds = 8;
const mostNoticeSeconds = 25;

/** Schedules with `runs` slots in all; one slot in five belongs to a conversation that is continued. */
export function planSchedules(seed: number, runs: number, spreadSeconds: number): readonly PlannedSchedule[] {
  const dice = createDice(seed);
  const slotsEach = Math.min(mostSlots, 1 + Math.floor(spreadSeconds / 75));
  const continued = Math.floor(runs / 5 / slotsEach);
  const single = runs - continued * slotsEach;
  return Array.from({ length: continued + single }, (_, index) => {
    const slots = index < continued ? slotsEach : 1;
    const latest = Math.max(1, spreadSeconds - (slots - 1) * 60);
    const firstSlotSeconds = leastNoticeSeconds + dice.below(latest);
    const notice = leastNoticeSeconds + dice.below(mostNoticeSeconds - leastNoticeSeconds);
    return {
      name: `s${String(index).padStart(3, "0")}`,
      conversation: index < continued ? "continue" : "new",
      firstSlotSeconds,
      slots,
      askedSeconds: Math.max(0, firstSlotSeconds - notice),
    };
  });
}

export const promptFor = (name: string): string => `This is schedule ${name}: look things up and report.`;

/** What a request to the model is about, read from its messages alone: the run, and how many answers it has had. */
export interface Asked {
  /** `<schedule's name>.<number of the run in its conversation>`. */
  readonly run: string;
  readonly turn: number;
}

export function readAsked({ messages }: ModelCall): Asked {
  const prompts = messages.filter(({ role }) => role === "user");
  const last = messages.findLastIndex(({ role }) => role === "user");
  const name = /schedule (s\d+):/.exec(prompts.at(-1)?.content ?? "")?.[1] ?? "unknown";
  const turn = messages.slice(last).filter(({ role }) => role === "assistant").length;
  return { run: `${name}.${prompts.length}`, turn };
}

const longestAnswerMs = 1500;
const mostTurnsWithTools = 4;

/** The model's answer to a turn, the same however often it is asked; ids of tool calls differ from time to time. */
export function answerFor(seed: number, { run, turn }: Asked): { delayMs: number; reply: ScriptedReply } {
  const dice = createDice(hash(`${seed} ${run} ${turn}`));
  const delayMs = 50 + dice.below(longestAnswerMs);
  const calls = turn < mostTurnsWithTools ? toolCalls(dice, run, turn) : [];
  return { delayMs, reply: calls.length === 0 ? { text: `Report of ${run} after ${turn} turns.` } : { calls } };
}

/** What the call `index` of a turn looks for: its result repeats it. */
export const queryFor = (run: string, turn: number, index: number): string => `run ${run} step ${turn}.${index}`;

const toolCalls = (dice: Dice, run: string, turn: number) =>
  Array.from({ length: dice.below(4) }, (_, index) => ({
    tool: "get_knowledge_base",
    arguments: JSON.stringify({ query: queryFor(run, turn, index) }),
  }));

const hash = (text: string): number =>
  [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
