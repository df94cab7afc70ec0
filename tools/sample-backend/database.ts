import { DatabaseSync } from "node:sqlite";
import { isoBefore, sampleDatasets, sampleTickets, sampleUsers } from "./sample-data.ts";

export interface NewTicket {
  readonly title: string;
  readonly description: string;
  readonly priority: string;
  readonly assignee_id?: string | undefined;
}

export type Row = Readonly<Record<string, unknown>>;

interface Page {
  readonly skip: number;
  readonly limit: number;
}

export interface Database {
  /** undefined: there is no such user. */
  user(id: string): Row | undefined;
  users(page: Page): { total: number; items: readonly Row[] };
  /** Newest first. */
  tickets(
    filter: { status?: string | undefined; priority?: string | undefined },
    page: Page,
  ): ReturnType<Database["users"]>;
  /** `used`: the key has made another ticket. The same ticket again is what the first call has made, and no second one. */
  createTicket(
    ticket: NewTicket,
    key: string | undefined,
    now: number,
  ): { kind: "made" | "repeated" | "used"; ticket: Row };
  /** undefined: there is no such dataset. */
  rows(dataset: string): readonly Row[] | undefined;
  close(): void;
}

/** Users, tickets and datasets in one SQLite file, filled with samples when it is new. `:memory:` keeps no file. */
export function openDatabase(file: string, now: number): Database {
  const database = new DatabaseSync(file);
  // A process that is killed loses nothing that was answered, and a second one may read meanwhile.
  database.exec("pragma journal_mode = wal; pragma busy_timeout = 5000");
  atOnce(database, () => fill(database, now));
  return {
    user: (id) => database.prepare("select data from users where id = ?").all(id).map(dataIn)[0],
    users: (page) => list(database, "users", "", [], "number", page),
    tickets({ status, priority }, page) {
      const conditions = Object.entries({ status, priority }).filter(([, value]) => value !== undefined);
      const where = conditions.map(([name]) => `data ->> '${name}' = ?`).join(" and ");
      return list(
        database,
        "tickets",
        where,
        conditions.map(([, value]) => String(value)),
        "number desc",
        page,
      );
    },
    createTicket: (ticket, key, at) => atOnce(database, () => createTicket(database, ticket, key, at)),
    rows(dataset) {
      if (!Object.hasOwn(sampleDatasets, dataset)) return undefined;
      return database.prepare("select data from records where dataset = ? order by number").all(dataset).map(dataIn);
    },
    close: () => database.close(),
  };
}

const tables = `
  create table if not exists users (number integer primary key, id text unique, data text not null);
  create table if not exists tickets (number integer primary key, data text not null);
  create table if not exists records (number integer primary key, dataset text not null, data text not null);
  create table if not exists keys (key text primary key, asked text not null, ticket integer not null);
`;

function fill(database: DatabaseSync, now: number): void {
  database.exec(tables);
  if (count(database, "users") > 0) return;
  const addUser = database.prepare("insert into users (id, data) values (?, ?)");
  sampleUsers.forEach((user, index) => {
    const id = `user-${index + 1}`;
    addUser.run(id, JSON.stringify({ id, ...user, created_at: isoBefore(now, 24 * (400 - 20 * index)) }));
  });
  const addRecord = database.prepare("insert into records (dataset, data) values (?, ?)");
  for (const [dataset, rows] of Object.entries(sampleDatasets)) {
    for (const row of rows(now)) addRecord.run(dataset, JSON.stringify(row));
  }
  for (const { createdHoursAgo, updatedHoursAgo, assignee, ...ticket } of sampleTickets) {
    const times = { created_at: isoBefore(now, createdHoursAgo), updated_at: isoBefore(now, updatedHoursAgo) };
    addTicket(database, { ...ticket, ...times, assignee_id: assignee ?? null });
  }
}

function createTicket(
  database: DatabaseSync,
  { title, description, priority, assignee_id = undefined }: NewTicket,
  key: string | undefined,
  now: number,
): ReturnType<Database["createTicket"]> {
  const asked = JSON.stringify([title, description, priority, assignee_id]);
  const earlier = key === undefined ? undefined : earlierTicket(database, key);
  if (earlier !== undefined) return { kind: earlier.asked === asked ? "repeated" : "used", ticket: earlier.ticket };
  const at = new Date(now).toISOString();
  const times = { created_at: at, updated_at: at };
  const ticket = addTicket(database, {
    title,
    description,
    priority,
    status: "open",
    ...times,
    assignee_id: assignee_id ?? null,
  });
  if (key !== undefined) {
    database
      .prepare("insert into keys (key, asked, ticket) values (?, ?, ?)")
      .run(key, asked, count(database, "tickets"));
  }
  return { kind: "made", ticket };
}

function earlierTicket(database: DatabaseSync, key: string): { asked: string; ticket: Row } | undefined {
  const found = database
    .prepare("select asked, data from keys join tickets on tickets.number = keys.ticket where key = ?")
    .get(key);
  return found === undefined ? undefined : { asked: String(found.asked), ticket: dataIn(found) };
}

/** Tickets are never removed, so their count is the number of the newest. */
function addTicket(database: DatabaseSync, ticket: Row): Row {
  const numbered = { id: `T-${1001 + count(database, "tickets")}`, ...ticket };
  database.prepare("insert into tickets (data) values (?)").run(JSON.stringify(numbered));
  return numbered;
}

function list(
  database: DatabaseSync,
  table: "users" | "tickets",
  where: string,
  values: readonly string[],
  order: string,
  { skip, limit }: Page,
) {
  const from = `from ${table}${where === "" ? "" : ` where ${where}`}`;
  const items = database.prepare(`select data ${from} order by ${order} limit ? offset ?`).all(...values, limit, skip);
  const total = Number(database.prepare(`select count(*) as total ${from}`).get(...values)?.total);
  return { total, items: items.map(dataIn) };
}

const count = (database: DatabaseSync, table: "users" | "tickets"): number =>
  Number(database.prepare(`select count(*) as total from ${table}`).get()?.total);

const dataIn = ({ data }: Readonly<Record<string, unknown>>): Row => JSON.parse(String(data));

function atOnce<T>(database: DatabaseSync, work: () => T): T {
  database.exec("begin immediate");
  try {
    const result = work();
    database.exec("commit");
    return result;
  } catch (thrown) {
    database.exec("rollback");
    throw thrown;
  }
}
