import { AppError } from "../../kernel/errors.ts";
import type { Events } from "../../kernel/events.ts";
import type { Ids } from "../../kernel/ids.ts";
import { type Run, type RunReference, runSchema } from "../../runs/run.ts";
import type { RunStore } from "../../runs/run-store.ts";
import type { Blobs } from "./blobs.ts";
import { listEndedReferences } from "./ended-runs.ts";
import { describeEnd } from "./history-metadata.ts";
import { listEnds } from "./list-ends.ts";
import { type HistoryEntry, historyName, parseRunName, runName, runPrefix } from "./names.ts";
import { createRecords } from "./records.ts";
import type { ReadStored } from "./stored-json.ts";

/** Run records as JSON blobs and their ends as markers in the owner's history. Costs and failures: see the port. */
export function createRunStore(blobs: Blobs, ids: Ids, events: Events, readStored?: ReadStored): RunStore {
  const records = createRecords(blobs, ids, events, { kind: "run", schema: runSchema, idIn: runIdIn }, readStored);
  return {
    read: async (reference) => await records.read(runName(reference), runId(reference)),
    create: async (run) => await records.create(runName(run), runId(run), run),
    replace: async (run, version) => await records.replace(runName(run), run, version),
    list: async (scheduleId, page) => await records.list(runPrefix(scheduleId), page),
    async listEnded(owner, query) {
      const { items: references, ...rest } = await listEndedReferences(blobs, owner, query);
      const items = await records.readAll(references.map((run) => ({ name: runName(run), id: runId(run) })));
      return { items, ...rest };
    },
    listEnds: async (owner, query) => await listEnds(blobs, owner, query),
    async recordEnd(run) {
      // The record alone says what the marker holds, so finding it there is the same success.
      const entry = historyEntryOf(run);
      const options = { condition: { ifAbsent: true }, metadata: describeEnd(run) } as const;
      await blobs.write(historyName(entry), "", options);
      if (entry.outcome === "succeeded") return;
      await blobs.write(historyName(entry, "unusual"), "", options);
    },
  };
}

const runId = ({ scheduleId, key }: RunReference): string => `${scheduleId}/${key}`;

function runIdIn(name: string): string | undefined {
  const reference = parseRunName(name);
  return reference && runId(reference);
}

function historyEntryOf({ scheduleId, key, outcome, endedAt }: Run): HistoryEntry {
  if (outcome === undefined || endedAt === undefined) {
    throw new AppError("INTERNAL_ERROR", `Run ${key} has not ended and has no place in the history.`, { scheduleId });
  }
  return { scheduleId, key, outcome, endedAt };
}
