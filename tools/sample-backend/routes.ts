import { z } from "zod";
import type { Database, Row } from "./database.ts";

export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly url: URL;
  readonly idempotencyKey: string | undefined;
  readonly body: string;
}

export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** The five routes, with their own validation: this side trusts nobody either. */
export function answerRequest(database: Database, asked: Asked, now: number): Answered {
  try {
    const [, resource = "", id, ...more] = asked.url.pathname.split("/").map(decodeURIComponent);
    const route = more.length > 0 ? undefined : routes[`${asked.method} /${resource}${id === undefined ? "" : "/x"}`];
    if (route === undefined) return problem(404, "There is no such route.");
    return route({ database, asked, id: id ?? "", now });
  } catch (thrown) {
    if (!(thrown instanceof z.ZodError)) throw thrown;
    const fields = [...new Set(thrown.issues.flatMap(fieldsOf))];
    return problem(422, `These values are not accepted: ${fields.join(", ")}.`, fields);
  }
}

interface Call {
  readonly database: Database;
  readonly asked: Asked;
  readonly id: string;
  readonly now: number;
}

const routes: Readonly<Record<string, (call: Call) => Answered>> = {
  "GET /users/x": readUser,
  "GET /users": ({ database, asked }) => ok(database.users(pageSchema.parse(queryOf(asked)))),
  "GET /tickets": ({ database, asked }) => {
    const { status, priority, ...page } = ticketsSchema.parse(queryOf(asked));
    return ok(database.tickets({ status, priority }, page));
  },
  "POST /tickets": createTicket,
  "GET /query/x": queryDataset,
};

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));

const pageSchema = z.object({
  skip: wholeNumber(0, 1_000_000).default(0),
  limit: wholeNumber(1, 100).default(10),
});

const priority = z.enum(["low", "medium", "high", "critical"]);

const ticketsSchema = pageSchema.extend({
  status: z.enum(["open", "in_progress", "closed"]).optional(),
  priority: priority.optional(),
});

const newTicketSchema = z.strictObject({
  title: z.string().min(1).max(200),
  description: z.string().min(10).max(5000),
  priority: priority.default("medium"),
  assignee_id: z.string().optional(),
});

const querySchema = z.object({
  limit: wholeNumber(1, 1000).default(100),
  filters: z.string().transform(toJson).pipe(z.record(z.string(), z.unknown())).default({}),
});

function readUser({ database, asked, id }: Call): Answered {
  const found = database.user(id);
  if (found === undefined) return problem(404, "There is no such user.");
  const { details, ...profile } = found;
  return ok(queryOf(asked).include_details === "true" ? found : profile);
}

function createTicket({ database, asked, now }: Call): Answered {
  const ticket = newTicketSchema.parse(toJson(asked.body));
  if (ticket.assignee_id !== undefined && database.user(ticket.assignee_id) === undefined) {
    return problem(422, "There is no user with this assignee_id.", ["assignee_id"]);
  }
  const created = database.createTicket(ticket, asked.idempotencyKey, now);
  if (created.kind === "used") {
    return problem(422, "This Idempotency-Key has made another ticket.", ["idempotency_key"]);
  }
  return { status: 201, body: created.ticket };
}

function queryDataset({ database, asked, id }: Call): Answered {
  const { filters, limit } = querySchema.parse(queryOf(asked));
  const rows = database.rows(id);
  if (rows === undefined) return problem(404, "There is no such dataset.");
  const unknown = Object.keys(filters).filter((name) => rows[0] !== undefined && !Object.hasOwn(rows[0], name));
  if (unknown.length > 0) return problem(422, `${id} has no such columns: ${unknown.join(", ")}.`, unknown);
  const data = rows.filter((row) => fits(row, filters)).slice(0, limit);
  return ok({ dataset: id, rows: data.length, data });
}

const fits = (row: Row, filters: Row): boolean =>
  Object.entries(filters).every(([name, value]) => String(row[name]) === String(value));

const queryOf = ({ url }: Asked) => Object.fromEntries(url.searchParams);

const ok = (body: unknown): Answered => ({ status: 200, body });

export const problem = (status: number, message: string, fields?: readonly string[]): Answered => ({
  status,
  body: { error: errors[status] ?? "VALIDATION_ERROR", message, details: fields === undefined ? {} : { fields } },
});

const errors: Readonly<Record<number, string>> = { 401: "AUTHENTICATION_ERROR", 500: "INTERNAL_ERROR" };

const fieldsOf = (issue: z.core.$ZodIssue): string[] =>
  issue.code === "unrecognized_keys" ? [...issue.keys] : [issue.path.join(".") || "body"];

/** What is no JSON is no object, and is refused as that. */
function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
