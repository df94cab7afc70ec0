import { z } from "zod";

export const ticketStates = ["open", "in_progress", "closed"] as const;
export const ticketPriorities = ["low", "medium", "high", "critical"] as const;

const moment = (description: string) =>
  z.string().describe(`${description}, as the backend writes it; most often ISO 8601.`);

export const userView = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  created_at: moment("When the account was made"),
});

export const ticketView = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  priority: z.enum(ticketPriorities),
  status: z.enum(ticketStates),
  created_at: moment("When it was created"),
  updated_at: moment("When it was last changed"),
  assignee_id: z.string().optional().describe("Absent: nobody has it."),
});

export const detailsView = z.record(z.string(), z.unknown());

export type User = z.output<typeof userView>;
export type Ticket = z.output<typeof ticketView>;

/** What a filter of query_data may compare a column with. */
export type FilterValue = string | number | boolean;

export interface Page {
  readonly skip: number;
  readonly limit: number;
}

export interface Items<Item> {
  /** Of all pages. */
  readonly total: number;
  /** At most as many as were asked for. */
  readonly items: readonly Item[];
}

export interface NewTicket {
  readonly title: string;
  readonly description: string;
  readonly priority?: Ticket["priority"] | undefined;
  readonly assignee_id?: string | undefined;
}

/**
 * The organisation's own data. Every method throws an AppError: VALIDATION_ERROR for what the caller can change (reason
 * `not_found` for what does not exist), AUTHENTICATION_ERROR when the backend does not let this app in, TIMEOUT_ERROR
 * and SERVICE_ERROR when it gives no usable answer; and the signal's reason when that aborts.
 */
export interface Backend {
  readUser(
    id: string,
    withDetails: boolean,
    signal: AbortSignal,
  ): Promise<User & { readonly details?: Readonly<Record<string, unknown>> | undefined }>;
  listUsers(page: Page, signal: AbortSignal): Promise<Items<User>>;
  listTickets(
    filter: {
      readonly status?: Ticket["status"] | undefined;
      readonly priority?: Ticket["priority"] | undefined;
    },
    page: Page,
    signal: AbortSignal,
  ): Promise<Items<Ticket>>;
  /**
   * One ticket, however often it is asked for with this key. Details of the error say `may_be_done` where it is not
   * known whether the ticket was created.
   */
  createTicket(ticket: NewTicket, key: string, signal: AbortSignal): Promise<Ticket>;
  /** Rows of a dataset whose columns have these values. */
  query(
    dataset: string,
    filters: Readonly<Record<string, FilterValue>>,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
}
