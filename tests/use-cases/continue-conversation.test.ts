import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { afterFirstRun, continuing, gateOf, sayAt } from "../support/talk.ts";
import { createWorld, minute, type World, type WorldOptions } from "../support/world.ts";
import { approvalIn } from "../support/world-asking.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { conversationsIn, eventsIn, scheduleIn } from "../support/world-state.ts";

const echo: WorldOptions["model"] = ({ request }) => ({ text: `You said: ${lastOf(request.messages)}` });
const lastOf = (messages: readonly { readonly role: string; readonly text: string }[]) => messages.at(-1)?.text;

const kept = (world: World, id: string, licences = 0) => brokenPromises(world, { id }, { slots: [], licences });

describe("something that is said without a conversation", () => {
  it("begins one, and is answered by a run of its own", async () => {
    const world = createWorld({ model: echo });
    const said = sayAt(world, minute(1.5), { message: "  How was the\nnight? " });
    await world.advanceTo(minute(3));
    const { head, run, answer } = said.value!;
    expect(answer).toBe("You said:   How was the\nnight? ");
    expect(head).toMatchObject({ title: "How was the night?", owner: "local" });
    expect(run).toMatchObject({ kind: "chat", outcome: "succeeded", slot: minute(1.5), conversationId: head.id });
    expect(await kept(world, gateOf(head.id).id)).toEqual([]);
  });

  it("stands in the log, and of the record and the gate only how it begins", async () => {
    const world = createWorld({ model: echo });
    const said = sayAt(world, minute(1.5), { message: `${"Well, ".repeat(20)}a secret.` });
    await world.advanceTo(minute(3));
    const { id } = said.value!.head;
    expect((await eventsIn(world, id)).map(({ type }) => type)).toEqual([
      ...["run_started", "system", "user", "assistant", "run_finished"],
    ]);
    const records = JSON.stringify([await scheduleIn(world, gateOf(id)), { ...said.value!.run, answer: "" }]);
    expect(records).not.toContain("secret");
  });

  it("may change things, and asks before it does", async () => {
    const world = createWorld({
      model: ({ turn }) => (turn === 0 ? { tools: ["look_up", "send"] } : { text: "Sent." }),
    });
    const said = sayAt(world, minute(1.5), { message: "Send it" });
    await world.advanceTo(minute(3));
    expect(said.value?.run.state).toBe("waiting_approval");
    expect(world.toolCalls.map(({ name }) => name)).not.toContain("send");
    await world.decide({ id: await approvalIn(world), approve: true });
    await world.advanceTo(minute(4));
    expect(world.toolCalls.map(({ name }) => name)).toContain("send");
  });

  it("tells the model that a person is there, and has no way to end quietly", async () => {
    const world = createWorld();
    sayAt(world, minute(1.5), { message: "Hello" });
    await world.advanceTo(minute(3));
    const { messages, tools } = world.modelCalls[0]!.request;
    expect(messages[0]?.text).toMatch(/A person has just said something .* you may ask them/);
    expect(tools.map(({ name }) => name)).toEqual(["look_up", "send"]);
  });

  it("gets the whole of a long answer, in whatever segment it stands", async () => {
    const text = "ö".repeat(50_000);
    const world = createWorld({ model: () => ({ text }), settings: { segmentEvents: 4 } });
    const first = sayAt(world, minute(1.5), { message: "One" });
    await world.advanceTo(minute(3));
    const conversationId = first.value!.head.id;
    const second = sayAt(world, minute(3.5), { conversationId, message: "Two" });
    await world.advanceTo(minute(5));
    expect([first, second].map(({ value }) => value?.answer.length)).toEqual([50_000, 50_000]);
    expect(second.value?.run.answer?.length).toBe(2048);
    expect((await scheduleIn(world, gateOf(conversationId))).segment).toBe(1);
  });

  it.each([
    ["is empty", " \n", /message is empty/],
    ["is a byte longer than 64 KiB", `${"ö".repeat(32 * 1024)}x`, /message has 65537 bytes, 65536 are allowed/],
  ])("is refused when it %s", async (_what, message, words) => {
    const world = createWorld();
    await expect(world.say({ message })).rejects.toMatchObject({
      code: "VALIDATION_ERROR",
      message: expect.stringMatching(words),
      details: { field: "message" },
    });
  });

  it.each([["x"], ["ö".repeat(32 * 1024)]])("may have 1 byte to 64 KiB", async (message) => {
    const world = createWorld({ model: echo });
    const said = sayAt(world, minute(1.5), { message });
    await world.advanceTo(minute(3));
    expect(said.value?.answer.length).toBe(10 + message.length);
  });
});

describe("something that is said in a conversation that exists", () => {
  it("is answered by a model that sees what was said before", async () => {
    const world = createWorld({ model: echo });
    const first = sayAt(world, minute(1.5), { message: "One" });
    await world.advanceTo(minute(3));
    const second = sayAt(world, minute(3), { conversationId: first.value!.head.id, message: "Two" });
    await world.advanceTo(minute(5));
    expect(second.value?.answer).toBe("You said: Two");
    expect(
      world.modelCalls
        .at(-1)
        ?.request.messages.slice(1)
        .map(({ text }) => text),
    ).toEqual([...["One", "You said: One", "Two"]]);
    expect(conversationsIn(world)).toHaveLength(1);
  });

  it("sees what scheduled runs have said, and later runs see it", async () => {
    const { world, schedule, conversationId } = await afterFirstRun({ model: echo });
    const said = sayAt(world, minute(8), { conversationId, message: "Why?" });
    await world.advanceTo(minute(30));
    expect(said.value?.head).toMatchObject({ id: conversationId, title: "Morning report", scheduleId: schedule.id });
    expect(
      world.modelCalls
        .at(-1)
        ?.request.messages.map(({ text }) => text)
        .slice(3, 6),
    ).toEqual([...["Why?", "You said: Why?", "What happened overnight?"]]);
    expect(await brokenPromises(world, schedule, { slots: [minute(5), minute(15)], licences: 0 })).toEqual([]);
  });

  it("has what the schedule's runs have: its tools, its model and its approvals", async () => {
    const request = {
      ...continuing,
      allowedTools: ["desk:*"],
      model: "large",
      policies: { maxRuns: 5, maxAttempts: 2 },
    };
    const { world, conversationId } = await afterFirstRun({ model: echo }, request);
    sayAt(world, minute(8), { conversationId, message: "Why?" });
    await world.advanceTo(minute(10));
    const { tools, model } = world.modelCalls.at(-1)!.request;
    expect([tools.map(({ name }) => name), model]).toEqual([["look_up", "send"], "large"]);
    const { policies } = (await scheduleIn(world, gateOf(conversationId))).definition;
    expect(policies).toMatchObject({ maxAttempts: 2, pauseAfterFailures: 0, approval: "writes" });
    expect(policies.maxRuns).toBeUndefined();
  });

  it("may use everything once its schedule is deleted", async () => {
    const { world, schedule, conversationId } = await afterFirstRun({}, { ...continuing, allowedTools: ["send"] });
    await world.delete(schedule.id);
    const said = sayAt(world, minute(8), { conversationId, message: "Why?" });
    await world.advanceTo(minute(10));
    expect(world.modelCalls.at(-1)?.request.tools.map(({ name }) => name)).toEqual(["look_up", "send"]);
    expect(said.value?.run.outcome).toBe("succeeded");
  });

  it("goes on with the conversation of one run, also of a schedule that begins a new one each time", async () => {
    const { world, conversationId } = await afterFirstRun({ model: echo }, { ...continuing, conversation: "new" });
    const said = sayAt(world, minute(8), { conversationId, message: "Why?" });
    await world.advanceTo(minute(20));
    expect(said.value?.answer).toBe("You said: Why?");
    expect(conversationsIn(world)).toHaveLength(2);
  });

  it("is not found when it is somebody else's, unknown, or no id at all", async () => {
    const { world, conversationId } = await afterFirstRun({});
    const stranger = { owner: "77b0e1d4", name: "Grace" };
    const unknown = conversationId.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    const asked = [
      [conversationId, stranger],
      [unknown, undefined],
      ["../x", undefined],
    ] as const;
    for (const [id, principal] of asked) {
      await expect(world.say({ conversationId: id, message: "Hello" }, principal)).rejects.toMatchObject({
        message: expect.stringContaining(`There is no conversation ${JSON.stringify(id)}.`),
        details: { reason: "not_found" },
      });
    }
  });

  it("does not pause anything, however often it fails", async () => {
    const world = createWorld({ model: () => ({ fails: { class: "auth" } }) });
    let conversationId: string | undefined;
    for (let time = 0; time < 12; time++) {
      const said = sayAt(world, world.now(), { conversationId, message: "Hello" });
      await world.advanceTo(world.now() + minuteMs);
      expect(said.value).toMatchObject({ answer: "", run: { outcome: "auth_required" } });
      conversationId = said.value?.head.id;
    }
    expect(await scheduleIn(world, gateOf(conversationId!))).toMatchObject({ status: "completed", failures: 12 });
  });
});
