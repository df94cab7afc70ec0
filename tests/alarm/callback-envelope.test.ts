import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueEnvelope, readEnvelope } from "../../shared/alarm/callback-envelope.ts";
import { AppError } from "../../shared/kernel/errors.ts";

const scheduleId = "local-0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
const due = (content: string | undefined) => ({ conversationId: undefined, status: "due", content });

describe("the text that is armed", () => {
  it("is an envelope, names the schedule, and says nothing of what is in it", () => {
    const text = dueEnvelope({ scheduleId, slot: 0 });
    expect(Object.keys(JSON.parse(text))).toEqual(["conversationId", "status", "content"]);
    expect(readEnvelope(text)).toEqual({
      conversationId: scheduleId,
      status: "due",
      content: "A slot of this conversation is due.",
    });
  });
});

describe("an envelope", () => {
  it.each([
    ["due", "due"],
    ["Completed", "completed"],
    ["FAILED", "failed"],
    ["cancelled", "cancelled"],
    [undefined, "due"],
    [null, "due"],
  ])("with status %j means %s", (status, meant) => {
    const body = JSON.stringify({ conversationId: scheduleId, status, content: "x" });
    expect(readEnvelope(body)).toEqual({ conversationId: scheduleId, status: meant, content: "x" });
  });

  it.each(["done", "", "due ", "inprogress", 2, true, {}, ["due"]])(
    "with a status that nobody knows is refused with those that are: %j",
    (status) => {
      const read = () => readEnvelope(JSON.stringify({ conversationId: scheduleId, status, content: "x" }));
      expect(read).toThrow("Send due, completed, failed, cancelled, or leave it out.");
      expect(read).toThrow(AppError);
    },
  );

  it.each([
    ["text", "text"],
    ["", ""],
    [null, undefined],
    [undefined, undefined],
    [0, "0"],
    [false, "false"],
    [{ answer: [1, "ü €"] }, '{"answer":[1,"ü €"]}'],
  ])("has any JSON as its content: %j", (content, read) => {
    const body = JSON.stringify({ conversationId: scheduleId, status: "completed", content });
    expect(readEnvelope(body).content).toBe(read);
  });

  it("may have further members, white space and a byte order mark", () => {
    const body = `\uFEFF\n ${JSON.stringify({ id: 1, conversationId: scheduleId, at: "now" })} \n`;
    expect(readEnvelope(body)).toEqual({ conversationId: scheduleId, status: "due", content: undefined });
  });

  it("with content that is nested without end is refused in our words", () => {
    const body = `{"conversationId":"x","content":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(() => readEnvelope(body)).toThrow("The content of the envelope is nested too deeply. Send it as text.");
  });
});

it("may leave the conversation to the address, when it says how the work ended and what came of it", () => {
  const read = readEnvelope('{"status":"COMPLETED","content":"All sent."}');
  expect(read).toEqual({ conversationId: undefined, status: "completed", content: "All sent." });
});

describe("any other body means due", () => {
  it.each(["", " \n", "\uFEFF"])("without content when it is empty: %j", (body) => {
    expect(readEnvelope(body)).toEqual(due(undefined));
  });

  it.each([
    "Look at the tickets",
    '{"message":"hello","status":"completed"}',
    '{"conversationId":7,"status":"completed"}',
    '{"status":"finished","content":"x"}',
    '["conversationId"]',
    '"text"',
    "null",
    "7",
    '{"conversationId":"x","status":"compl',
    "{}",
  ])("with itself as content: %s", (body) => {
    expect(readEnvelope(body)).toEqual(due(body));
  });

  it("whatever text it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (body) => {
        fc.pre(!body.includes("conversationId"));
        expect(readEnvelope(body)).toEqual(due(body.trim() || undefined));
      }),
    );
  });
});

it("reads back every envelope that can be written", () => {
  const statuses = ["due", "completed", "failed", "cancelled"] as const;
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...statuses), fc.jsonValue(), (conversationId, status, content) => {
      const read = readEnvelope(JSON.stringify({ conversationId, status, content }));
      const text = typeof content === "string" ? content : JSON.stringify(content);
      expect(read).toEqual({ conversationId, status, content: content === null ? undefined : text });
    }),
  );
});
