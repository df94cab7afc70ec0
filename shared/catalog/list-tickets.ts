import { z } from "zod";
import { type Backend, type Ticket, ticketPriorities, ticketStates, ticketView } from "./backend.ts";
import { itemsOutput, moreItems, shownOf, skipInput } from "./backend-page.ts";
import { defineTool, readOnly } from "./tool.ts";
import { words } from "./views.ts";

const defaultLimit = 10;

export const createListTicketsTool = (backend: Backend) =>
  defineTool({
    name: "list_tickets",
    title: "List tickets",
    description:
      "Lists support tickets of the backend, page by page, all or those of one status and one priority. Use it to look at the open critical tickets, or to see whether a ticket exists before you create it.",
    toolset: "backend",
    hints: readOnly,
    example: { status: "open", priority: "critical" },
    input: z.strictObject({
      status: z.enum(ticketStates).optional().describe("Only tickets in this status."),
      priority: z.enum(ticketPriorities).optional().describe("Only tickets of this priority."),
      ...skipInput(defaultLimit),
    }),
    output: z.object({ ...words, ...itemsOutput(ticketView) }),
    async handle({ status, priority, skip = 0, limit = defaultLimit }, { signal }) {
      const { total, items } = await backend.listTickets({ status, priority }, { skip, limit }, signal);
      return {
        summary: summaryOf(total, items),
        next_step: moreItems(skip + items.length, total, items.length, "Answer from these tickets."),
        total,
        items: [...items],
      };
    },
  });

function summaryOf(total: number, items: readonly Ticket[]): string {
  const lines = items.map(({ id, title, priority, status }) => `${id} ${title} (${priority}, ${status})`);
  return `${shownOf("ticket", total, items.length)}${lines.length === 0 ? "" : ` ${lines.join("; ")}.`}`;
}
