import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { parseConversationName } from "../../shared/azure/storage/names.ts";
import { hourMs, minuteMs } from "../../shared/kernel/clock.ts";
import { runId } from "../../shared/runs/run.ts";
import { createGetConversation } from "../../shared/use-cases/read-conversation.ts";
import { gateOf, later, sayAt } from "../support/talk.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { conversationsIn, eventsIn, runsIn, scheduleIn, segmentsIn } from "../support/world-state.ts";
import { faultOnce } from "../support/world-steps.ts";

const transcript = (world: World, id: string, from?: string) =>
  createGetConversation(world.ports)(localPrincipal, id, from, 100);

/** Somebody has said three things, each in a segment of its own. */
async function longTalk(options: WorldOptions = {}) {
  const world = createWorld({ ...options, settings: { segmentEvents: 4 } });
  let conversationId: string | undefined;
  for (const message of ["One", "Two", "Three"]) {
    const said = sayAt(world, world.now(), { conversationId, message });
    await world.advanceTo(world.now() + minuteMs);
    conversationId = said.value?.head.id;
  }
  const id = conversationId ?? "";
  expect(await segmentsIn(world, id)).toHaveLength(3);
  return { world, id };
}

/** A schedule that continues one conversation, a run each hour; two of them are over, in two segments. */
async function longReports(options: WorldOptions = {}) {
  const world = createWorld({ ...options, settings: { segmentEvents: 4 } });
  const timing = { every_minutes: 60, start_at: minuteIso(5), end_at: minuteIso(5 + 4 * 60) };
  const schedule = await world.schedule({ timing, conversation: "continue" });
  await world.advanceTo(minute(70));
  const [run] = await runsIn(world, schedule);
  expect(await scheduleIn(world, schedule)).toMatchObject({ segment: 1 });
  return { world, schedule, id: run!.conversationId };
}

describe("a conversation that is deleted", () => {
  it("is gone, with everything that was said in it; the records of its runs stay", async () => {
    const { world, id } = await longTalk();
    const deleted = later(world, minute(5), () => world.forget(id));
    await world.advanceTo(minute(6));
    expect(deleted.value).toMatchObject({ id, title: "One" });
    expect(conversationsIn(world)).toEqual([]);
    await expect(transcript(world, id)).rejects.toMatchObject({ details: { reason: "not_found" } });
    await expect(world.say({ conversationId: id, message: "Four" })).rejects.toThrow(/There is no conversation/);
    await expect(world.forget(id)).rejects.toThrow(/There is no conversation/);
    expect(await runsIn(world, gateOf(id))).toHaveLength(3);
  });

  it("goes newest segment first, the head last", async () => {
    const { world, id } = await longTalk();
    const { length } = world.steps;
    later(world, minute(5), () => world.forget(id));
    await world.advanceTo(minute(6));
    const removed = world.steps.slice(length).filter(({ kind }) => kind === "remove");
    expect(removed.map(({ name }) => name.split("/").at(-1))).toEqual([
      ...["000002.jsonl", "000001.jsonl", "000000.jsonl", "head.json"],
    ]);
  });

  it("is not found when it is somebody else's", async () => {
    const { world, id } = await longTalk();
    await expect(world.forget(id, { owner: "77b0e1d4", name: "Grace" })).rejects.toThrow(/There is no conversation/);
    expect(await segmentsIn(world, id)).toHaveLength(3);
  });

  it("has a gate for one more day, so that whoever speaks at the same moment is told", async () => {
    const { world, id } = await longTalk({ repairs: true });
    await world.forget(id);
    expect(await scheduleIn(world, gateOf(id))).toMatchObject({ status: "deleted", open: [] });
    await world.advanceTo(minute(5) + 26 * hourMs);
    expect(await world.ports.schedules.read(gateOf(id).id)).toBeUndefined();
  });

  it("stays while a run is going on in it", async () => {
    const world = createWorld({ model: () => ({ text: "Done.", takesMs: 2 * minuteMs }) });
    const said = sayAt(world, minute(1), { message: "Hello" });
    await world.advanceTo(minute(2));
    const id = said.value!.head.id;
    await expect(world.forget(id)).rejects.toMatchObject({
      message: expect.stringMatching(/A run is going on .*; then delete it\.$/),
      details: { reason: "conflict", run_id: runId(said.value!.run) },
    });
    await world.advanceTo(minute(10));
    expect((await eventsIn(world, id)).at(-1)?.type).toBe("run_finished");
    await world.forget(id);
    expect(conversationsIn(world)).toEqual([]);
  });

  it("stays while somebody else works under its lease", async () => {
    const { world, id } = await longTalk();
    await world.ports.log.acquire(id, world.ports.ids.unique());
    await expect(world.forget(id)).rejects.toThrow(/Somebody works on this conversation at this moment/);
    expect(await segmentsIn(world, id)).toHaveLength(3);
  });
});

describe("a schedule whose conversation is deleted", () => {
  it("begins it anew with its next run, from which on it can be read and continued", async () => {
    const { world, schedule, id } = await longReports();
    await world.forget(id);
    await world.advanceTo(minute(130));
    expect(world.modelCalls.at(-1)?.request.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(await transcript(world, id)).toMatchObject({ head: { segment: 0 }, events: { length: 5 } });
    const said = sayAt(world, minute(131), { conversationId: id, message: "Why?" });
    await world.advanceTo(minute(200));
    expect(said.value?.run.outcome).toBe("succeeded");
    expect((await runsIn(world, schedule)).slice(0, 4).map(({ outcome }) => outcome)).toEqual(
      Array(4).fill("succeeded"),
    );
  });

  it("is read from the beginning, whatever position an earlier answer named", async () => {
    const { world, id } = await longReports();
    await world.forget(id);
    await world.advanceTo(minute(130));
    expect((await transcript(world, id, "1:3")).events).toEqual([]);
    expect((await transcript(world, id, "0:4")).events.map(({ event }) => event.type)).toEqual(["run_finished"]);
    await expect(transcript(world, id, "1000000:0")).rejects.toThrow(/Use next_from_event/);
  });

  it("may have a run dispatched ahead of its moment, which then begins it anew", async () => {
    const { world, schedule, id } = await longReports();
    await world.advanceTo(minute(124));
    expect((await scheduleIn(world, schedule)).open).toHaveLength(1);
    await world.forget(id);
    await world.advanceTo(minute(130));
    expect(await transcript(world, id)).toMatchObject({ events: { length: 5 } });
  });
});

describe("a deletion that died half way", () => {
  const removal = (nth: number) =>
    faultOnce(
      ({ kind, name }) => kind === "remove" && name.startsWith("conversations/"),
      { kind: "crash_before" },
      nth,
    );

  it("leaves something to read, but nothing to go on with, and is completed by a repeat", async () => {
    const { world, id } = await longTalk({ planFault: removal(2) });
    later(world, minute(5), () => world.forget(id));
    await world.advanceTo(minute(7));
    expect((await transcript(world, id)).events.at(-1)?.event.type).toBe("sealed");
    await expect(world.say({ conversationId: id, message: "Four" })).rejects.toThrow(
      /is being deleted.*call delete_conv/,
    );
    await world.forget(id);
    expect(conversationsIn(world)).toEqual([]);
  });

  it("lets a scheduled run go on behind what is left, and its repeat deletes both", async () => {
    const { world, schedule, id } = await longReports({ planFault: removal(2) });
    later(world, minute(71), () => world.forget(id));
    await world.advanceTo(minute(130));
    expect((await runsIn(world, schedule))[2]?.outcome).toBe("succeeded");
    const types = (await transcript(world, id)).events.map(({ event }) => event.type);
    expect([types.includes("sealed"), types.at(-1)]).toEqual([true, "run_finished"]);
    await world.forget(id);
    expect(conversationsIn(world)).toEqual([]);
    await world.advanceTo(minute(190));
    expect((await transcript(world, id)).events).toHaveLength(5);
  });

  it.each([
    ["000001.jsonl", [0, 1, 2]],
    ["000000.jsonl", [1]],
    ["head.json", [1]],
  ])("takes nothing that was said while it slept before it would have removed %s", async (blob, left) => {
    const { world, schedule, id } = await longReports({
      planFault: faultOnce(({ kind, name }) => kind === "remove" && name.endsWith(blob), {
        kind: "freeze_before",
        milliseconds: 70 * minuteMs,
      }),
    });
    const slept = later(world, minute(71), () => world.forget(id));
    await world.advanceTo(minute(150));
    expect(slept.refusal?.message).toMatch(/Somebody works on this conversation/);
    expect((await runsIn(world, schedule))[2]?.outcome).toBe("succeeded");
    expect((await transcript(world, id)).events.at(-1)?.event.type).toBe("run_finished");
    const segments = world.blobs.names().flatMap((name) => parseConversationName(name)?.segment ?? []);
    expect(segments).toEqual(left);
  });
});
