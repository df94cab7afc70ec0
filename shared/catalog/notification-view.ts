import { z } from "zod";
import { toIso } from "../kernel/clock.ts";
import type { Notice } from "../runs/notice.ts";

const text = (description: string) => z.string().describe(description);
const count = (description: string) => z.int().min(0).max(1000).describe(description);

export const notificationView = z.object({
  event: text("run_finished, approval_requested, schedule_paused or schedule_silent."),
  state: text("pending, delivered, failed (given up) or outdated (no longer needed)."),
  attempts: count("Attempts so far."),
  last_attempt_at: text("ISO 8601, UTC.").optional(),
  next_attempt_at: text("ISO 8601, UTC.").optional(),
  http_status: count("Of the last answer.").optional(),
  problem: text("Why the last attempt failed, in one word for programs.").optional(),
});

export const viewNotice = ({
  event,
  state,
  attempts,
  at,
  nextAt,
  status,
  problem,
}: Notice): z.output<typeof notificationView> => ({
  event,
  state,
  attempts,
  ...(at === undefined ? {} : { last_attempt_at: toIso(at) }),
  ...(nextAt === undefined ? {} : { next_attempt_at: toIso(nextAt) }),
  ...(status === undefined ? {} : { http_status: status }),
  ...(problem === undefined ? {} : { problem }),
});
