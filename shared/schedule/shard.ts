import { hash } from "node:crypto";

/**
 * The shard of a schedule's next due marker: the same on every machine, spread evenly. A schedule keeps the shard that
 * its current marker names.
 */
export const shardOf = (scheduleId: string, shards: number): number =>
  Number.parseInt(hash("sha256", scheduleId).slice(0, 8), 16) % shards;
