import { z } from "zod";

const text = z.string();
const count = z.number();

const run = z.object({
  id: text,
  state: text,
  slot: text,
  kind: text,
  alarm: text.optional(),
  outcome: text.optional(),
  reason: text.optional(),
  answer: text.optional(),
  quiet: text.optional(),
  schedule_id: text.optional(),
  conversation_id: text,
  turns: count,
  tool_calls: count,
  prompt_tokens: count,
  completion_tokens: count,
});

const approval = z.object({
  id: text,
  run_id: text,
  schedule_name: text,
  conversation_id: text,
  calls: z.array(z.object({ tool: text, arguments: text })),
  expires_at: text,
});

const event = z.object({
  position: text,
  type: text,
  run_id: text.optional(),
  text: text.optional(),
  tool: text.optional(),
  tool_calls: z.array(z.object({ name: text, arguments: text })).optional(),
  is_error: z.boolean().optional(),
});

const ticket = z.object({ id: text, title: text, status: text, priority: text });

export type Run = z.output<typeof run>;
export type Approval = z.output<typeof approval>;
export type Event = z.output<typeof event>;
export type Ticket = z.output<typeof ticket>;

/** What the tools answer that our own clients call; only the fields that they use. */
export const answers = {
  schedule_conversation: z.object({ summary: text, schedule_id: text }),
  trigger_schedule: z.object({ summary: text, runs: z.array(run) }),
  get_schedule: z.object({
    summary: text,
    budget: z.object({
      month: text,
      used_tokens: count,
      max_tokens_per_month: count.optional(),
      tokens_left: count.optional(),
    }),
  }),
  delete_schedule: z.object({ summary: text }),
  list_schedules: z.object({ schedules: z.array(z.object({ id: text, name: text })) }),
  list_runs: z.object({ runs: z.array(run) }),
  get_run: z.object({ summary: text, run, approval: approval.optional() }),
  list_approvals: z.object({ summary: text, approvals: z.array(approval) }),
  decide_approval: z.object({ summary: text, run }),
  continue_conversation: z.object({
    summary: text,
    result: z.enum(["answered", "waiting_approval", "working", "ended"]),
    conversation_id: text,
    answer: text.optional(),
    approval: approval.optional(),
    run,
  }),
  list_tickets: z.object({ total: count, items: z.array(ticket) }),
  get_conversation: z.object({ title: text, events: z.array(event), next_from_event: text.optional() }),
};

export type ToolName = keyof typeof answers;
export type Answer<Name extends ToolName> = z.output<(typeof answers)[Name]>;
