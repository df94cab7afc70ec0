import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { secondMs } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { type Run, runId } from "../../shared/runs/run.ts";
import { createGetConversation } from "../../shared/use-cases/read-conversation.ts";
import { everyFault, playWithEveryStep } from "../support/every-fault.ts";
import { chatsIn, gateOf, sayAt } from "../support/talk.ts";
import { createWorld, minute, minuteIso, type World } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { conversationsIn, eventsIn, runsIn } from "../support/world-state.ts";
import type { PlanFault, Step } from "../support/world-steps.ts";

/** Of the first call; its repeats meet no fault. */
function ofCaller(steps: readonly Step[]): readonly Step[] {
  const first = steps.find(({ process }) => process.kind === "user");
  return steps.filter(({ process }) => process === first?.process);
}

const deaths = everyFault.filter(({ kind }) => kind.startsWith("crash"));

const ofChat = (steps: readonly Step[]) => steps.filter(({ process: { message } }) => message?.key.startsWith("c"));

describe("a process that meets a fault while somebody speaks, and a run of the schedule comes due", () => {
  it.each(everyFault)("says it once when the call is repeated: %j", async (fault) => {
    const { steps, broken } = await playWithEveryStep(fault, playSay(true), ofCaller);
    expect(broken).toEqual([]);
    expect(steps.length).toBeGreaterThan(8);
  });

  it.each(deaths)("says it once or not at all when nobody repeats the call: %j", async (fault) => {
    const { broken } = await playWithEveryStep(fault, playSay(false), ofCaller);
    expect(broken).toEqual([]);
  });

  it.each(everyFault)("says it once in a new conversation: %j", async (fault) => {
    const { broken } = await playWithEveryStep(fault, playBegin, ofCaller);
    expect(broken).toEqual([]);
  });
});

describe("a worker that meets a fault between what was said and the answer", () => {
  it.each(deaths)("leaves it to another, and the answer comes once: %j", async (fault) => {
    const { steps, broken } = await playWithEveryStep(fault, playSay(true), ofChat);
    expect(broken).toEqual([]);
    expect(steps.length).toBeGreaterThan(15);
  });
});

describe("a process that meets a fault while a conversation is deleted, and a run of its schedule comes due", () => {
  it.each(everyFault)("leaves nothing of what was said before, once the call is repeated: %j", async (fault) => {
    const { steps, broken } = await playWithEveryStep(fault, playForget(true), ofCaller);
    expect(broken).toEqual([]);
    expect(steps.length).toBeGreaterThan(15);
  });

  it.each(deaths)("leaves a conversation that goes on when nobody repeats the call: %j", async (fault) => {
    const { broken } = await playWithEveryStep(fault, playForget(false), ofCaller);
    expect(broken).toEqual([]);
  });
});

/** Runs at minutes 5, 8, 15 and 50, in short segments. The repair comes at minute 7 of each hour. */
async function continuedWorld(planFault: PlanFault) {
  const model = ({ key }: { key: string }) => ({ text: "Done.", takesMs: key.startsWith("c") ? 1.2 * secondMs : 0 });
  const world = createWorld({ workers: 3, repairs: true, planFault, model, settings: { segmentEvents: 4 } });
  const timing = { cron: "5,8,15,50 * * * *", time_zone: "UTC", end_at: minuteIso(50) };
  const schedule = await world.schedule({ timing, conversation: "continue" });
  await world.advanceTo(minute(7));
  const [run] = await runsIn(world, schedule);
  return { world, schedule, conversationId: run?.conversationId ?? "" };
}

const slots = [5, 8, 15, 50].map(minute);

function playSay(isRepeated: boolean) {
  return async (planFault: PlanFault) => {
    const { world, schedule, conversationId } = await continuedWorld(planFault);
    const request = { conversationId, message: "Why?", idempotencyKey: "k" };
    sayAt(world, minute(8) - secondMs, request);
    if (isRepeated) for (const after of [8.5, 10, 30]) sayAt(world, minute(after), request);
    await world.advanceTo(minute(80));
    const chats = await chatsIn(world, conversationId);
    const broken = [
      ...(await brokenPromises(world, schedule, { slots, licences: 1 })),
      ...(chats.length === 0 ? [] : await brokenPromises(world, gateOf(conversationId), { slots: [], licences: 1 })),
      ...saidOnce(chats, isRepeated),
      ...(await heardOnce(world, conversationId, chats.length)),
    ];
    return { world, broken };
  };
}

async function playBegin(planFault: PlanFault) {
  const world = createWorld({ planFault, model: () => ({ text: "Done.", takesMs: 1.2 * secondMs }) });
  const request = { message: "Why?", idempotencyKey: "k" };
  for (const at of [1, 1.5, 3, 20]) sayAt(world, minute(at), request);
  await world.advanceTo(minute(60));
  const [id = ""] = conversationsIn(world);
  const chats = await chatsIn(world, id);
  const broken = [
    ...(await brokenPromises(world, gateOf(id), { slots: [], licences: 1 })),
    ...saidOnce(chats, true),
    ...(await heardOnce(world, id, 1)),
    ...(conversationsIn(world).length === 1 ? [] : [`${conversationsIn(world).length} conversations`]),
  ];
  return { world, broken };
}

function saidOnce(chats: readonly Run[], isOwed: boolean): string[] {
  const isRight = chats.length === 1 || (chats.length === 0 && !isOwed);
  const failed = chats
    .filter(({ outcome }) => outcome !== "succeeded")
    .map(({ outcome }) => `the chat ended ${outcome}`);
  return [...(isRight ? [] : [`${chats.length} chats`]), ...failed];
}

async function heardOnce(world: World, conversationId: string, expected: number): Promise<string[]> {
  const events = await eventsIn(world, conversationId);
  const heard = events.filter((event) => event.type === "user" && event.text === "Why?").length;
  return heard === expected ? [] : [`it was heard ${heard} times`];
}

function playForget(isRepeated: boolean) {
  return async (planFault: PlanFault) => {
    const { world, schedule, conversationId } = await continuedWorld(planFault);
    await world.advanceTo(minute(14));
    let deletedAt: number | undefined;
    const forget = async () => {
      if (deletedAt !== undefined) return;
      try {
        await world.forget(conversationId);
        deletedAt = world.now();
      } catch (thrown) {
        // Whoever asks again finds that it is done.
        if (thrown instanceof AppError && thrown.details.reason === "not_found") deletedAt = world.now();
        throw thrown;
      }
    };
    world.at(minute(15) - 200, forget);
    if (isRepeated) for (let at = 15.5; at < 60; at++) world.at(minute(at), forget);
    await world.advanceTo(minute(80));
    const runs = await runsIn(world, schedule);
    const broken = [
      ...(await wellBehaved(world, schedule)),
      ...(isRepeated ? await nothingBefore(world, conversationId, runs, deletedAt) : []),
      ...(await readable(world, conversationId, runs)),
    ];
    return { world, broken };
  };
}

/** The log of a conversation that was deleted no longer tells the end of runs whose records say that they succeeded. */
async function wellBehaved(world: World, schedule: { id: string }): Promise<string[]> {
  const broken = await brokenPromises(world, schedule, { slots, licences: 1 });
  const outcomes = (await runsIn(world, schedule)).filter(({ outcome }) => outcome !== "succeeded");
  return [
    ...broken.filter((promise) => !promise.includes("succeeded and has 0 ends in the log")),
    ...outcomes.map(({ key, outcome, reason }) => `${key} ended ${outcome} ${reason}`),
  ];
}

async function nothingBefore(world: World, id: string, runs: readonly Run[], deletedAt: number | undefined) {
  if (deletedAt === undefined) return ["it was never deleted"];
  const before = new Set(runs.filter(({ endedAt = Infinity }) => endedAt < minute(14)).map(runId));
  const left = (await eventsIn(world, id)).filter((event) => "run" in event && before.has(event.run));
  return left.map(({ type }) => `${type} of a run before the deletion is left`);
}

/** The newest run is the last thing that a reader of the whole conversation sees. */
async function readable(world: World, id: string, runs: readonly Run[]): Promise<string[]> {
  const { events } = await createGetConversation(world.ports)(localPrincipal, id, undefined, 1000);
  const last = events.at(-1)?.event;
  const isWhole = last?.type === "run_finished" && last.run === runId(runs.at(-1)!);
  return isWhole ? [] : [`the transcript ends with ${JSON.stringify(last)}`];
}
