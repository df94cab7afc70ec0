import { z } from "zod";
import type { Heartbeat } from "../../alarm/heartbeat.ts";
import { instantSchema } from "../../kernel/clock.ts";
import type { Blobs } from "./blobs.ts";
import { heartbeatName } from "./names.ts";
import { fromStoredJson, toStoredJson } from "./stored-json.ts";

const beatSchema = z.object({ v: z.literal(1), at: instantSchema });

/** One small blob, overwritten by each tick: the last writer is as good as any. */
export function createHeartbeat(blobs: Blobs): Heartbeat {
  return {
    async beat(at) {
      await blobs.write(heartbeatName, toStoredJson(beatSchema, { v: 1, at }), { condition: "always" });
    },
    async lastBeat() {
      const found = await blobs.read(heartbeatName);
      return found && fromStoredJson(beatSchema, found.text, { kind: "heartbeat", id: "of the timer" }).at;
    },
  };
}
