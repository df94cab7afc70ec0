import type { Events } from "../../kernel/events.ts";
import type { DueMarkers, ListedMarker } from "../../schedule/schedule-store.ts";
import type { Blobs, ListedBlob, ListQuery } from "./blobs.ts";
import { markerName, markerPrefix, parseMarkerName } from "./names.ts";

/** Due markers as empty blobs whose names order them by slot. Costs and failures: see the port. */
export function createDueMarkers(blobs: Blobs, events: Events): DueMarkers {
  return {
    async create(scheduleId, marker) {
      const { outcome } = await blobs.write(markerName(scheduleId, marker), "", { condition: { ifAbsent: true } });
      return outcome === "written";
    },
    async remove(scheduleId, marker) {
      await blobs.remove(markerName(scheduleId, marker));
    },
    async list(shard, until) {
      const due: ListedMarker[] = [];
      for await (const page of pages(blobs, markerPrefix(shard))) {
        const markers = page.flatMap((blob) => listedMarker(blob, events));
        due.push(...markers.filter(({ slot }) => slot <= until));
        if (markers.some(({ slot }) => slot > until)) break;
      }
      return due;
    },
  };
}

/** 100 markers a page: a tick with little to do transfers little, and a backlog costs a call for each 100 dispatches. */
const pageSize = 100;

async function* pages(blobs: Blobs, prefix: string): AsyncGenerator<readonly ListedBlob[]> {
  let query: ListQuery | undefined = { prefix, limit: pageSize };
  while (query !== undefined) {
    const page = await blobs.listPage(query);
    yield page.blobs;
    query = page.cursor === undefined ? undefined : { prefix, limit: pageSize, cursor: page.cursor };
  }
}

/** A stray blob must not stop the ticks of everybody, so it is reported and passed over. */
function listedMarker({ name, createdAt }: ListedBlob, events: Events): ListedMarker[] {
  const parsed = parseMarkerName(name);
  if (parsed !== undefined) return [{ scheduleId: parsed.scheduleId, ...parsed.marker, createdAt }];
  events.record({
    level: "warning",
    name: "storage.foreign_blob",
    message: "A blob among the due markers is not ours.",
    fields: { name },
  });
  return [];
}
