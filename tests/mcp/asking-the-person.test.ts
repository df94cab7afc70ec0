import type { Client, ElicitRequest, ElicitResult } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { createMemoryApp, type MemoryApp } from "./memory-app.ts";
import { postModern } from "./messages.ts";
import { connectNew, connectOld } from "./real-clients.ts";
import { itemsOf, morningReport } from "./sample-calls.ts";
import { serve } from "./serve.ts";

const { time_zone: _zone, ...withoutZone } = morningReport;
const everyMinute = { ...morningReport, cron: "* * * * *" };

type Form = ElicitRequest["params"];

/** A client whose person answers forms like this; the forms are kept. */
async function withPerson(url: URL, answer: (form: Form) => ElicitResult) {
  const forms: Form[] = [];
  const client = await connectNew(url, "auto", undefined, { capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler("elicitation/create", ({ params }) => {
    forms.push(params);
    return answer(params);
  });
  await client.listTools();
  const schedule = async (input: object) => call(client, input);
  return { client, forms, schedule };
}

const call = (client: Client, input: object) =>
  client.callTool({ name: "schedule_conversation", arguments: { ...input } });

const accept = (content: Record<string, string | boolean>): ElicitResult => ({ action: "accept", content });

const schedulesIn = async (app: MemoryApp) =>
  itemsOf<{ time_zone: string }>(await app.call("list_schedules"), "schedules");

describe("a person whose client can ask them", () => {
  it("is asked for the time zone when it is missing, and the schedule is made with it", async () => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const { client, forms, schedule } = await withPerson(server.url, () => accept({ time_zone: "Asia/Kolkata" }));
    const result = await schedule(withoutZone);
    expect(result).toMatchObject({ structuredContent: { result: "created", schedule: { time_zone: "Asia/Kolkata" } } });
    expect(forms).toMatchObject([
      {
        message: 'In which time zone is "Morning report" to run?',
        requestedSchema: {
          properties: { time_zone: { type: "string", description: expect.stringContaining("Europe/Berlin") } },
          required: ["time_zone"],
        },
      },
    ]);
    expect(await schedulesIn(app)).toHaveLength(1);
    await client.close();
  });

  it.each([
    ["a local run_at", { ...withoutZone, cron: undefined, run_at: "2026-11-20T09:30" }],
    ["a dry run", { ...withoutZone, dry_run: true }],
    ["a null", { ...withoutZone, time_zone: null }],
  ])("is asked for the time zone of %s too", async (_name, input) => {
    await using server = await serve(createMemoryApp());
    const { client, forms, schedule } = await withPerson(server.url, () => accept({ time_zone: "UTC" }));
    expect(await schedule(input)).toMatchObject({ structuredContent: { schedule: { time_zone: "UTC" } } });
    expect(forms).toHaveLength(1);
    await client.close();
  });

  it("is asked to agree to runs every few minutes", async () => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const { client, forms, schedule } = await withPerson(server.url, () => accept({ confirm: true }));
    expect(await schedule(everyMinute)).toMatchObject({ structuredContent: { result: "created" } });
    expect(forms).toMatchObject([
      {
        message: expect.stringMatching(/^"Morning report" is about to be scheduled\. Its runs lie only a minute apart/),
        requestedSchema: { properties: { confirm: { type: "boolean" } } },
      },
    ]);
    await client.close();
  });

  it("is asked to agree to tools that change things without asking", async () => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const { client, forms, schedule } = await withPerson(server.url, () => accept({ confirm: true }));
    const input = {
      ...morningReport,
      policies: { approval: "never" },
      allowed_tools: ["get_knowledge_base", "trigger_schedule"],
    };
    expect(await schedule(input)).toMatchObject({ structuredContent: { result: "created" } });
    expect(forms).toMatchObject([
      { message: expect.stringContaining("without asking anybody, with: trigger_schedule.") },
    ]);
    await client.close();
  });

  it("is asked both at once, and nothing is made when they do not agree", async () => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const { client, forms, schedule } = await withPerson(server.url, ({ message }) =>
      accept(message.includes("time zone") ? { time_zone: "UTC" } : { confirm: false }),
    );
    const result = await schedule({ ...withoutZone, cron: "*/2 * * * *" });
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("did not agree") }] });
    expect(forms).toHaveLength(2);
    expect(await schedulesIn(app)).toEqual([]);
    await client.close();
  });

  it.each(["decline", "cancel"] as const)("may %s, and the model hears it", async (action) => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const { client, schedule } = await withPerson(server.url, () => ({ action }));
    const zone = await schedule(withoutZone);
    expect(zone).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining("did not say their time") }],
    });
    const often = await schedule(everyMinute);
    expect(often).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("did not agree") }] });
    expect(await schedulesIn(app)).toEqual([]);
    await client.close();
  });

  it("may name a zone that does not exist, and the model hears a better one", async () => {
    await using server = await serve(createMemoryApp());
    const { client, schedule } = await withPerson(server.url, () => accept({ time_zone: "Berlin" }));
    const text = JSON.stringify((await schedule(withoutZone)).content);
    expect(text).toContain("is not an IANA time zone");
    expect(text).toContain("Europe/Berlin");
    await client.close();
  });

  it.each([
    ["nothing is missing", morningReport],
    ["it is a dry run of frequent runs", { ...everyMinute, dry_run: true }],
    ["runs are five minutes apart", { ...morningReport, cron: "*/5 * * * *" }],
    ["the arguments do not fit", { ...withoutZone, name: 5 }],
    ["the times are wrong", { ...withoutZone, cron: "never" }],
  ])("is not asked when %s", async (_name, input) => {
    await using server = await serve(createMemoryApp());
    const { client, forms, schedule } = await withPerson(server.url, () => accept({}));
    await schedule(input);
    expect(forms).toEqual([]);
    await client.close();
  });
});

describe("a client that cannot ask", () => {
  it.each([
    ["sdk 1.32", (url: URL) => connectOld(url)],
    ["client 2.4", (url: URL) => connectNew(url)],
    [
      "client 2.4 that opens addresses only",
      (url: URL) => connectNew(url, "auto", undefined, { capabilities: { elicitation: { url: {} } } }),
    ],
    [
      "client 2.4 without negotiation",
      (url: URL) => connectNew(url, "legacy", undefined, { capabilities: { elicitation: { form: {} } } }),
    ],
  ] as const)("is told what to ask the person, and warned: %s", async (_name, connect) => {
    await using server = await serve(createMemoryApp());
    const client = await connect(server.url);
    const missing = await client.callTool({ name: "schedule_conversation", arguments: { ...withoutZone } });
    expect(missing).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("Ask the person") }] });
    const often = await client.callTool({ name: "schedule_conversation", arguments: { ...everyMinute } });
    expect(often).toMatchObject({
      structuredContent: {
        result: "created",
        warnings: expect.arrayContaining([expect.stringContaining("only a minute apart")]),
      },
    });
    await client.close();
  });
});

describe("the two rounds", () => {
  const meta = { "io.modelcontextprotocol/clientCapabilities": { elicitation: {} } };
  const params = { name: "schedule_conversation", arguments: { ...withoutZone, cron: "*/2 * * * *" } };

  it("may meet two instances: nothing is kept in between", async () => {
    const app = createMemoryApp();
    await using first = await serve(app);
    await using second = await serve(app);
    const { json } = await postModern(first.url, "tools/call", params, { meta });
    expect(json?.result).toMatchObject({ resultType: "input_required", inputRequests: { time_zone: {}, confirm: {} } });
    expect(json?.result).not.toHaveProperty("requestState");
    expect(app.takeStorageCalls()).toEqual([]);
    const inputResponses = { time_zone: accept({ time_zone: "UTC" }), confirm: accept({ confirm: true }) };
    const made = await postModern(second.url, "tools/call", { ...params, inputResponses }, { meta });
    expect(made.json?.result).toMatchObject({ resultType: "complete", structuredContent: { result: "created" } });
  });

  it("are asked again when an answer is missing or is none", async () => {
    await using server = await serve(createMemoryApp());
    for (const inputResponses of [{}, { time_zone: accept({ time_zone: "UTC" }) }, { confirm: "yes", time_zone: 5 }]) {
      const { json } = await postModern(server.url, "tools/call", { ...params, inputResponses }, { meta });
      expect(json?.result).toMatchObject({ resultType: "input_required", inputRequests: { confirm: {} } });
    }
  });

  it("are one when the client answers what it was not asked", async () => {
    await using server = await serve(createMemoryApp());
    const inputResponses = { time_zone: accept({ time_zone: "Asia/Tokyo" }), other: accept({ prompt: "Changed." }) };
    const call = { name: "schedule_conversation", arguments: morningReport, inputResponses };
    const { json } = await postModern(server.url, "tools/call", call, { meta });
    expect(json?.result).toMatchObject({
      structuredContent: { schedule: { time_zone: "Europe/Berlin", prompt: morningReport.prompt } },
    });
  });
});
