import type { z } from "zod";
import type { Backend } from "../catalog/backend.ts";
import { AppError, notFound } from "../kernel/errors.ts";
import { BreakerOpen } from "../resilience/breaker.ts";
import type { Targets } from "../resilience/targets.ts";
import { timedOut, unreachable } from "./backend-failure.ts";
import { backendFailures, backendPolicy } from "./policy.ts";
import { answers, readAs } from "./read-answer.ts";
import { type BackendRequest, createSend, type SendOptions } from "./send.ts";

export interface BackendOptions extends SendOptions {
  readonly targets: Targets;
}

export interface RestBackend extends Backend {
  /** Asks for one user, the cheapest answer there is. @throws like the other methods */
  probe(signal: AbortSignal): Promise<void>;
}

/** The backend's REST API behind the port: the routes of docs/backend.md. Nothing is sent before the first call. */
export function createBackend({ targets, ...options }: BackendOptions): RestBackend {
  const ask = createAsk(targets, options);
  return {
    async readUser(id, withDetails, signal) {
      const subject = { what: "user", id, advice: "list_users shows the users that exist." };
      const path = `users/${segment(subject)}`;
      const request = { ...reading, path, subject, query: { include_details: withDetails }, fields: ["user_id"] };
      const { details, ...user } = await ask("read_user", request, answers.user, signal);
      return withDetails && details !== undefined ? { ...user, details } : user;
    },
    async listUsers(page, signal) {
      const request = { ...reading, path: "users", query: { ...page }, fields: Object.keys(page) };
      return atMost(page.limit, await ask("list_users", request, answers.users, signal));
    },
    async listTickets(filter, page, signal) {
      const query = { ...filter, ...page };
      const request = { ...reading, path: "tickets", query, fields: Object.keys(query) };
      return atMost(page.limit, await ask("list_tickets", request, answers.tickets, signal));
    },
    async createTicket(ticket, key, signal) {
      const request = {
        path: "tickets",
        body: ticket,
        idempotencyKey: key,
        fields: [...Object.keys(ticket), keyField],
      };
      return ask("create_ticket", { ...request, method: "POST" }, answers.ticket, signal);
    },
    async query(dataset, filters, limit, signal) {
      const subject = { what: "dataset", id: dataset, advice: "Ask the person for its name." };
      const path = `query/${segment(subject)}`;
      const isFiltered = Object.keys(filters).length > 0;
      const query = { limit, filters: isFiltered ? JSON.stringify(filters) : undefined };
      const fields = ["dataset", "filters", "limit", ...Object.keys(filters)];
      const { data } = await ask("query", { ...reading, path, subject, query, fields }, answers.rows, signal);
      return data.slice(0, limit);
    },
    async probe(signal) {
      const request = { ...reading, path: "users", query: { limit: 1 }, fields: [] };
      await ask("probe", request, answers.users, signal);
    },
  };
}

const reading = { method: "GET" } as const;

/** As the tool calls it whose key it is. */
const keyField = "idempotency_key";

function createAsk(targets: Targets, options: SendOptions) {
  const target = targets.open("backend", backendPolicy(options.timeoutMs), backendFailures);
  const send = createSend(options);
  return async <Schema extends z.ZodType>(
    operation: string,
    request: BackendRequest,
    schema: Schema,
    signal: AbortSignal,
  ): Promise<z.output<Schema>> => {
    try {
      return await target.call(
        operation,
        async (attempt) => readAs(schema, await send(request, attempt), request),
        signal,
      );
    } catch (thrown) {
      signal.throwIfAborted();
      throw toAppError(thrown, request);
    }
  };
}

function toAppError(thrown: unknown, request: BackendRequest): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof BreakerOpen) return new AppError("SERVICE_ERROR", leftAlone, {}, thrown);
  const isLimit = thrown instanceof Error && thrown.name === "TimeoutError";
  return isLimit ? timedOut(request, thrown) : unreachable(request, thrown);
}

const leftAlone =
  "The backend failed several times in a row and is left alone for half a minute; nothing was sent. Try again then.";

/** An address would take `..` for the folder above, encoded or not. */
function segment({ what, id, advice }: NonNullable<BackendRequest["subject"]>): string {
  if (/^\.{1,2}$/.test(id)) throw notFound(what, id, advice);
  return encodeURIComponent(id);
}

const atMost = <Item>(limit: number, { total, items }: { total: number; items: readonly Item[] }) => ({
  total,
  items: items.slice(0, limit),
});
