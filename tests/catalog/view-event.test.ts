import { describe, expect, it } from "vitest";
import { viewEvent } from "../../shared/catalog/views.ts";
import type { ConversationEvent } from "../../shared/conversations/events.ts";
import { finished } from "../support/sample-events.ts";

const end = finished("r", "failed", "content_filter") as Extract<ConversationEvent, { type: "run_finished" }>;
const { reason: _reason, ...plain } = end;
const inRun = { v: 1, id: "e", time: end.time, run: "r", step: 4 } as const;
const usage = { promptTokens: 1, completionTokens: 1 };

describe("what get_conversation says of an event", () => {
  it.each<[string, ConversationEvent, string]>([
    ["an end", { ...plain, outcome: "succeeded" }, "succeeded"],
    ["an end with a reason", end, "failed (content_filter)"],
    ["its detail", { ...end, detail: "Category: violence" }, "failed (content_filter). Category: violence"],
    ["a quiet end", { ...plain, outcome: "succeeded", quiet: "All calm." }, "succeeded. Nothing to report: All calm."],
    ["a summary", { type: "summary", ...inRun, text: "They spoke of mail.", model: "m", usage }, "They spoke of mail."],
  ])("%s", (_name, event, text) => {
    expect(viewEvent("0:1", event)).toMatchObject({ position: "0:1", type: event.type, run_id: "r", text });
  });
});
