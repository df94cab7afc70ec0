import type { ErrorCode } from "../kernel/errors.ts";
import type { CallbackAnswer, CallbackRefusal } from "../use-cases/take-callback.ts";

export function refuseCallback(
  status: number,
  error: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ success: false, error, message }, { status, headers });
}

export function answerCallback(answer: CallbackAnswer): Response {
  switch (answer.kind) {
    case "accepted":
      return Response.json({ success: true, runId: answer.runId }, { status: 202 });
    case "duplicate":
      return Response.json({ success: true, runId: answer.runId, duplicate: true });
    case "unknown":
      return refuseCallback(404, "VALIDATION_ERROR", unknownConversation);
    case "refused":
      return answer.reason === "busy"
        ? refuseCallback(429, "SERVICE_ERROR", refusals.busy, { "retry-after": "60" })
        : refuseCallback(409, "VALIDATION_ERROR", refusals[answer.reason]);
  }
}

const unknownConversation =
  "There is no such conversation, or it was deleted. conversationId is a schedule id, or <schedule id>.p<slot in seconds>.";

const refusals: Readonly<Record<CallbackRefusal, string>> = {
  paused: "The schedule is paused, so nothing was started. There is nothing to send again.",
  superseded: "The schedule does not plan this slot, or has passed it. There is nothing to send again.",
  too_early: "This slot is not due yet. Send it again at the slot.",
  already_started: "The run of this slot has begun here, so that nothing done elsewhere is recorded on it.",
  nothing_due:
    "The schedule has no slot that is due. Name the slot: conversationId is <schedule id>.p<slot in seconds>.",
  busy: "As many runs of this schedule are open as there may be. Send it again in a minute, or leave it to the timer.",
};
