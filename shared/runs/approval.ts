import { z } from "zod";
import { toolCallSchema } from "../conversations/events.ts";
import { type Instant, instantSchema, minuteMs } from "../kernel/clock.ts";
import { parseRunId, type Run, type RunReference, runId } from "./run.ts";

/** One request of a run: `step` is the place of approval_requested in its log. */
export interface ApprovalReference extends RunReference {
  readonly step: number;
}

/** What a person has to know to decide about a request. A hint, like a due marker: the run's record decides. */
export const approvalSchema = z.object({
  v: z.literal(1),
  scheduleId: z.string(),
  key: z.string(),
  step: z.number().int(),
  owner: z.string(),
  scheduleName: z.string(),
  conversationId: z.string(),
  calls: z.array(toolCallSchema),
  requestedAt: instantSchema,
  expiresAt: instantSchema,
});

export type Approval = z.output<typeof approvalSchema>;

/** `<run id>.<step>`: what callers use to name a request. */
export const approvalId = (reference: ApprovalReference): string => `${runId(reference)}.${reference.step}`;

/** The reference in an approval id, or undefined when the text is not one. */
export function parseApprovalId(id: string): ApprovalReference | undefined {
  const [, run = "", step] = /^(.+)\.(0|[1-9]\d{0,5})$/.exec(id) ?? [];
  const reference = parseRunId(run);
  return reference === undefined ? undefined : { ...reference, step: Number(step) };
}

/** In a chat the person is there, and one who has left must not hold up the conversation for a day. */
const chatApprovalMs = 10 * minuteMs;

/** When a request that is made now counts as denied. */
export const approvalExpiry = ({ kind }: Pick<Run, "kind">, now: Instant, approvalMs: number): Instant =>
  now + (kind === "chat" ? Math.min(chatApprovalMs, approvalMs) : approvalMs);

/** The run has gone past this request: its marker tells nobody anything any more. */
export function isPastApproval(run: Run | undefined, step: number): boolean {
  if (run === undefined || run.state === "ended") return true;
  return (run.waiting?.step ?? -1) > step || (run.decision?.step ?? -1) >= step;
}
