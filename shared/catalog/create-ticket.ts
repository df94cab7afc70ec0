import { z } from "zod";
import { AppError } from "../kernel/errors.ts";
import { derivedId, type Ids } from "../kernel/ids.ts";
import { type Backend, ticketPriorities, ticketView } from "./backend.ts";
import { defineTool } from "./tool.ts";
import { words } from "./views.ts";

export const createCreateTicketTool = (backend: Backend, ids: Ids) =>
  defineTool({
    name: "create_ticket",
    title: "Create a ticket",
    description:
      "Creates a support ticket in the backend. Use it when the person wants something reported or followed up; see with list_tickets whether there is one already. Tell the person its id.",
    toolset: "backend",
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    example: {
      title: "Sign-in fails in Lisbon",
      description: "Customers there cannot sign in since 9:00.",
      priority: "high",
    },
    input: z.strictObject({
      title: z.string().min(1).max(200).describe("What it is about, in one line."),
      description: z.string().min(10).max(5000).describe("What happened, where and since when."),
      priority: z.enum(ticketPriorities).optional().describe("How urgent it is. The backend's own default otherwise."),
      assignee_id: z.string().min(1).max(200).optional().describe("Id of the user who is to take it, from list_users."),
      idempotency_key: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe(
          "The same key gives the same ticket, so a repeated call creates nothing twice. Needed for repeats only.",
        ),
    }),
    output: z.object({ ...words, ...ticketView.shape }),
    async handle({ idempotency_key = ids.unique(), ...asked }, { principal, signal }) {
      // Two callers may think of the same key, and a header takes no letters beyond ASCII.
      const key = derivedId("create_ticket", principal.owner, idempotency_key);
      const ticket = await backend.createTicket(asked, key, signal).catch((thrown: unknown) => {
        throw withAdvice(thrown, idempotency_key);
      });
      return {
        summary: `Ticket ${ticket.id} is there: ${JSON.stringify(ticket.title)} (${ticket.priority}, ${ticket.status}).`,
        next_step: `Tell the person the id ${ticket.id}. list_tickets shows it.`,
        ...ticket,
      };
    },
  });

/** Where the ticket may have been created, whoever calls again has to say that it is the same one. */
function withAdvice(thrown: unknown, key: string): unknown {
  if (!(thrown instanceof AppError) || thrown.details.may_be_done !== true) return thrown;
  const advice = `It is not known whether the ticket was created. Call create_ticket again with the same arguments and idempotency_key ${JSON.stringify(key)}: then there is one ticket, not two.`;
  return new AppError(
    thrown.code,
    `${thrown.message} ${advice}`,
    { ...thrown.details, idempotency_key: key },
    thrown.cause,
  );
}
