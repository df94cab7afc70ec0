import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createMemoryApp, type MemoryApp } from "./memory-app.ts";
import { post, postModern, request } from "./messages.ts";
import { connections } from "./real-clients.ts";
import { itemsOf, oneRun, scheduled } from "./sample-calls.ts";
import { serve } from "./serve.ts";

const unknownRun = "local-0198c0de-0000-7000-8000-000000000000.p1796112000";

type Message = { readonly role: string; readonly content: { readonly type: string; readonly text?: string } };

const textsOf = ({ messages }: { messages: readonly object[] }) =>
  (messages as readonly Message[]).map(({ content }) => content.text ?? content.type);

describe.each(connections)("the prompts, with %s", (_name, connect) => {
  it("are offered with their arguments", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connect(server.url);
    const { prompts } = await client.listPrompts();
    expect(prompts.map((prompt) => [prompt.name, ...(prompt.arguments ?? []).map(argumentOf)])).toEqual([
      ["plan_schedule", "what", "when?", "time_zone?"],
      ["catch_up", "since?"],
      ["diagnose_run", "run_id"],
    ]);
    await client.close();
  });

  it("plan a schedule with what was said, and ask for what was not", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connect(server.url);
    const get = async (input: Record<string, string>) =>
      textsOf(await client.getPrompt({ name: "plan_schedule", arguments: input })).join("\n");
    const bare = await get({ what: "Look at the critical tickets.", when: " " });
    expect(bare).toContain("What is to be done: Look at the critical tickets.\nWhen: I have not said it yet. Ask me.");
    expect(bare).toMatch(/Time zone: .*do not guess it/);
    const full = await get({ what: "Look.", when: "weekdays at 8", time_zone: "Europe/Berlin" });
    expect(full).toContain("When: weekdays at 8\nTime zone: Europe/Berlin");
    await client.close();
  });

  it("diagnose a run with its record and the end of its transcript", async () => {
    const app = createMemoryApp();
    const { runId, conversationId } = await oneRun(app);
    await using server = await serve(app);
    const client = await connect(server.url);
    const { messages } = await client.getPrompt({ name: "diagnose_run", arguments: { run_id: runId } });
    expect(messages).toMatchObject([
      { role: "user", content: { type: "text", text: expect.stringContaining(`why the run ${runId} went`) } },
      { role: "user", content: { type: "text", text: expect.stringContaining('"outcome":"succeeded"') } },
      {
        role: "user",
        content: {
          type: "resource",
          resource: {
            uri: `conversation://${conversationId}`,
            mimeType: "text/markdown",
            text: expect.stringContaining("> How do I reset my password?"),
          },
        },
      },
    ]);
    await client.close();
  });

  it("complete time zones and runs", async () => {
    const app = createMemoryApp();
    const { runId } = await oneRun(app);
    const waiting = await scheduled(app);
    await app.call("trigger_schedule", { id: waiting });
    await using server = await serve(app);
    const client = await connect(server.url);
    const complete = async (name: string, argument: string, value: string) =>
      (await client.complete({ ref: { type: "ref/prompt", name }, argument: { name: argument, value } })).completion;
    const zones = await complete("plan_schedule", "time_zone", "berlin");
    expect(zones).toMatchObject({ values: ["Europe/Berlin"], hasMore: false });
    const all = await complete("plan_schedule", "time_zone", "");
    expect(all).toMatchObject({ hasMore: true, values: expect.arrayContaining(["UTC"]) });
    expect(all.values).toHaveLength(100);
    const { values } = await complete("diagnose_run", "run_id", "local-");
    expect(values).toEqual([expect.stringContaining(waiting), runId]);
    expect((await complete("diagnose_run", "run_id", runId)).values).toEqual([runId]);
    expect((await complete("plan_schedule", "what", "Look")).values).toEqual([]);
    await client.close();
  });

  it("say what is missing, unknown or too long", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connect(server.url);
    const refusal = async (name: string, input?: Record<string, string>) => {
      const thrown = await client
        .getPrompt({ name, ...(input && { arguments: input }) })
        .catch((error: unknown) => error);
      expect(thrown).toMatchObject({ code: -32602 });
      return String(thrown);
    };
    expect(await refusal("plan_schedule")).toContain("plan_schedule needs the argument what. Say what is to be done");
    expect(await refusal("diagnose_run", { run_id: "" })).toContain("needs the argument run_id");
    expect(await refusal("catch_up", { until: "now" })).toContain('no argument "until"; known are since');
    expect(await refusal("plan_schedule", { what: "a".repeat(4001) })).toContain("4000 are allowed");
    expect(await refusal("diagnose_run", { run_id: unknownRun })).toContain(`There is no run "${unknownRun}"`);
    expect(await refusal("make_coffee")).toContain("This server has: plan_schedule, catch_up, diagnose_run.");
    const ref = { type: "ref/prompt", name: "make_coffee" } as const;
    await expect(client.complete({ ref, argument: { name: "sugar", value: "" } })).rejects.toThrow("Unknown prompt");
    await client.close();
  });

  it("show nobody the runs of another owner", async () => {
    const app = createMemoryApp();
    const { runId } = await oneRun(app);
    await using server = await serve(app);
    const other = await connect(server.url, "b2");
    const input = { name: "diagnose_run", arguments: { run_id: runId } };
    await expect(other.getPrompt(input)).rejects.toThrow(`There is no run "${runId}"`);
    const ref = { type: "ref/prompt", name: "diagnose_run" } as const;
    expect((await other.complete({ ref, argument: { name: "run_id", value: "" } })).completion.values).toEqual([]);
    await other.close();
  });
});

const argumentOf = ({ name, required }: { name: string; required?: boolean | undefined }) =>
  required === true ? name : `${name}?`;

describe("what a prompt tells a model", () => {
  const inputs: [string, Record<string, string>][] = [
    ["plan_schedule", { what: "Look." }],
    ["catch_up", {}],
    ["catch_up", { since: "Friday noon" }],
    ["diagnose_run", {}],
  ];

  it.each(inputs)("names only tools that there are, and is short: %s %j", async (name, input) => {
    const app = createMemoryApp();
    const { runId } = await oneRun(app);
    const values = name === "diagnose_run" ? { run_id: runId } : input;
    const { messages } = await app.served.prompts.get(localPrincipal, name, values);
    const [text = ""] = textsOf({ messages });
    expect(text.split(/\s+/).length).toBeLessThan(220);
    const named = text.match(/\b(?:schedule|list|get|what|trigger|update)_[a-z]+\b/g) ?? [];
    expect(app.catalog.map((tool) => tool.name)).toEqual(expect.arrayContaining(named));
    expect(named.length).toBeGreaterThan(0);
  });

  it.each([
    ["schedule_conversation", ["catch_up", "diagnose_run"]],
    ["what_happened", ["plan_schedule", "diagnose_run"]],
    ["get_conversation", ["plan_schedule", "catch_up"]],
  ])("is not offered where it would send the model to a tool that is not: without %s", async (without, left) => {
    const { served } = createMemoryApp({ without: [without] });
    expect(served.prompts.prompts.map(({ name }) => name)).toEqual(left);
  });

  it("is about a run that never spoke, too", async () => {
    const app = createMemoryApp();
    const runId = await cancelledRun(app);
    const { messages } = await app.served.prompts.get(localPrincipal, "diagnose_run", { run_id: runId });
    expect(textsOf({ messages }).at(-1)).toBe("It has no transcript: it never spoke to the model.");
    expect(textsOf({ messages })[0]).not.toContain("get_conversation");
  });

  it("is about a run whose conversation was deleted, too", async () => {
    const app = createMemoryApp();
    const { runId, conversationId } = await oneRun(app);
    await app.call("delete_conversation", { id: conversationId });
    const { messages } = await app.served.prompts.get(localPrincipal, "diagnose_run", { run_id: runId });
    expect(textsOf({ messages }).at(-1)).toBe("Its conversation was deleted, and the transcript with it.");
    expect(textsOf({ messages })[0]).not.toContain("get_conversation");
  });

  it("sends nobody to the schedule of a chat, which has none", async () => {
    const app = createMemoryApp();
    const said = app.call("continue_conversation", { message: "Hello" });
    await app.workQueue();
    const run = (await said).structured?.run as { id: string };
    const { messages } = await app.served.prompts.get(localPrincipal, "diagnose_run", { run_id: run.id });
    expect(textsOf({ messages })[0]).not.toContain("get_schedule");
    expect(textsOf({ messages })[0]).toMatch(/1\. .*\n2\. .*get_conversation.*\n3\. .*\n4\. /);
  });
});

/** A run that was cancelled before it began. */
async function cancelledRun(app: MemoryApp): Promise<string> {
  const id = await scheduled(app);
  const [run] = itemsOf<{ id: string }>(await app.call("trigger_schedule", { id }), "runs");
  await app.call("cancel_run", { id: run?.id });
  return String(run?.id);
}

describe("prompts in the protocol", () => {
  it.each([[null], ["{}"], [undefined]])("take the arguments %j as none", async (input) => {
    await using server = await serve(createMemoryApp());
    const params = { name: "catch_up", ...(input === undefined ? {} : { arguments: input }) };
    const old = await post(server.url, request("prompts/get", params));
    const modern = await postModern(server.url, "prompts/get", params);
    for (const { json } of [old, modern]) expect(json?.result?.messages).toHaveLength(1);
  });

  it("are not advertised when none is left", async () => {
    const app = createMemoryApp({ without: ["list_schedules", "get_run"] });
    await using server = await serve(app);
    expect((await postModern(server.url, "server/discover")).json?.result?.capabilities).not.toHaveProperty("prompts");
    expect((await post(server.url, request("prompts/list"))).json?.error?.code).toBe(-32601);
  });
});
