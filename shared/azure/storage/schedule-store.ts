import type { Events } from "../../kernel/events.ts";
import type { Ids } from "../../kernel/ids.ts";
import { scheduleSchema } from "../../schedule/schedule.ts";
import type { ScheduleStore } from "../../schedule/schedule-store.ts";
import type { Blobs } from "./blobs.ts";
import { allSchedulesPrefix, parseScheduleName, scheduleName, schedulePrefix } from "./names.ts";
import { removeVersion } from "./own-write.ts";
import { createRecords } from "./records.ts";
import type { ReadStored } from "./stored-json.ts";

/** Schedules as JSON blobs, replaced under their ETag. Costs and failures: see the port. */
export function createScheduleStore(blobs: Blobs, ids: Ids, events: Events, readStored?: ReadStored): ScheduleStore {
  const kind = { kind: "schedule", schema: scheduleSchema, idIn: parseScheduleName } as const;
  const records = createRecords(blobs, ids, events, kind, readStored);
  return {
    read: async (id) => await records.read(scheduleName(id), id),
    create: async (schedule) => await records.create(scheduleName(schedule.id), schedule.id, schedule),
    replace: async (schedule, version) => await records.replace(scheduleName(schedule.id), schedule, version),
    list: async (owner, page) => await records.list(schedulePrefix(owner), page),
    async listIds(page) {
      const { blobs: listed, cursor } = await blobs.listPage({ prefix: allSchedulesPrefix, ...page });
      const items = listed.flatMap(({ name }) => parseScheduleName(name) ?? []);
      return cursor === undefined ? { items } : { items, nextCursor: cursor };
    },
    remove: async (id, version) => (await removeVersion(blobs, scheduleName(id), version)) === "removed",
  };
}
