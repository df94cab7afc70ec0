import { describe, expect, it } from "vitest";
import { newNotice } from "../../shared/runs/notice.ts";
import { notificationOf } from "../../shared/runs/notification.ts";
import { bodyOf } from "../../shared/runs/notification-body.ts";
import { sampleApproval, sampleId, sampleRun, sampleSchedule, sampleSlot } from "../support/sample-records.ts";

const schedule = sampleSchedule();
const run = sampleRun({
  state: "ended",
  outcome: "succeeded",
  answer: "<!channel> *All* is [well](http://x).",
  endedAt: sampleSlot + 9000,
});
const finished = notificationOf(run, newNotice("run_finished"), schedule);
const id = `${sampleId(1)}_p1796108400`;

describe("what is told", () => {
  it("of a run that has ended is its outcome, its answer and where to look, under an id without a full stop", () => {
    expect(finished).toMatchObject({
      id: `${id}_run_finished`,
      type: "run.finished",
      at: sampleSlot + 9000,
      title: '"Morning report": the run of Tuesday 2026-12-01 08:00 Europe/Berlin (UTC+01:00) ended succeeded.',
      text: run.answer,
      data: {
        run_id: `${sampleId(1)}.p1796108400`,
        outcome: "succeeded",
        answer: run.answer,
        conversation_id: sampleId(9),
      },
    });
  });

  it.each([
    { more: { outcome: "failed", reason: "poison" } as const, title: "ended failed (poison).", text: undefined },
    {
      more: { outcome: "failed", reason: "model", detail: "It said no." } as const,
      title: "(model).",
      text: "It said no.",
    },
    {
      more: { outcome: "succeeded", quiet: "No news." } as const,
      title: "succeeded.",
      text: "Nothing to report: No news.",
    },
  ])("of one without an answer says why: $more", ({ more, title, text }) => {
    const told = notificationOf(
      sampleRun({ state: "ended", endedAt: sampleSlot, ...more }),
      newNotice("run_finished"),
      schedule,
    );
    expect(told.title).toContain(title);
    expect(told.text).toBe(text);
  });

  it("of a request for approval are the tools and how to decide, but not what they are called with", () => {
    const waiting = sampleRun({ state: "waiting_approval", waiting: { step: 4, expiresAt: sampleSlot + 1000 } });
    const told = notificationOf(waiting, newNotice("approval_requested", 4), schedule, sampleApproval());
    expect(told).toMatchObject({
      id: `${id}_approval_requested_4`,
      type: "approval.requested",
      title: '"Morning report" wants to call send.',
      data: { approval_id: `${sampleId(1)}.p1796108400.4`, tools: ["send"], expires_at: "2026-12-01T07:00:01.000Z" },
    });
    expect(JSON.stringify(told)).not.toContain("überall");
    const unread = notificationOf(waiting, newNotice("approval_requested", 4), schedule);
    expect(unread).toMatchObject({ title: '"Morning report" waits for your approval.', data: { tools: [] } });
  });

  it("of a pause is how many runs have failed and how to go on", () => {
    const paused = sampleSchedule({ status: "paused", failures: 10, pausedAt: sampleSlot + 9500 });
    const told = notificationOf(run, newNotice("schedule_paused"), paused);
    expect(told).toMatchObject({
      id: `${id}_schedule_paused`,
      type: "schedule.paused",
      title: '"Morning report" is paused: 10 runs have failed one after the other.',
      data: { consecutive_failures: 10, paused_at: "2026-12-01T07:00:09.500Z" },
    });
  });
});

describe("the format", () => {
  it("standard is type, timestamp and data, for programs", () => {
    expect(JSON.parse(bodyOf(finished, "standard"))).toEqual({
      type: "run.finished",
      timestamp: "2026-12-01T07:00:09.000Z",
      data: finished.data,
    });
  });

  it("teams is an Adaptive Card of text that is no Markdown", () => {
    const { type, attachments } = JSON.parse(bodyOf(finished, "teams"));
    expect(type).toBe("message");
    expect(attachments).toMatchObject([
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: {
          type: "AdaptiveCard",
          body: [
            { type: "RichTextBlock", inlines: [{ type: "TextRun", text: finished.title, weight: "Bolder" }] },
            { type: "RichTextBlock", inlines: [{ type: "TextRun", text: run.answer }] },
          ],
        },
      },
    ]);
  });

  it("slack is plain text that mentions nobody, cut where Slack would refuse it", () => {
    const long = { ...finished, title: "<!here>", text: "x".repeat(4000) };
    const { text, blocks } = JSON.parse(bodyOf(long, "slack"));
    expect(text).toBe("&lt;!here&gt;");
    expect(blocks).toMatchObject([{ text: { type: "plain_text", text: "<!here>" } }, { text: { type: "plain_text" } }]);
    expect(blocks[1].text.text).toHaveLength(3000);
  });
});
