import { z } from "zod";
import { headSchema } from "../../conversations/conversation-log.ts";
import { type Clock, toIso } from "../../kernel/clock.ts";
import { type Damage, damageIn, partsOf, type Quarantine } from "../../kernel/damage.ts";
import { AppError } from "../../kernel/errors.ts";
import { approvalSchema } from "../../runs/approval.ts";
import { runSchema } from "../../runs/run.ts";
import { scheduleSchema } from "../../schedule/schedule.ts";
import type { Blobs } from "./blobs.ts";
import { fromEventLines } from "./event-lines.ts";
import { approvalName, headName, quarantineName, runName, scheduleName, segmentName } from "./names.ts";
import { removeVersion } from "./own-write.ts";
import { fromStoredJson } from "./stored-json.ts";

/** Damaged blobs under `quarantine/`, each with the time in its metadata. Costs and failures: see the port. */
export function createQuarantine(blobs: Blobs, clock: Clock): Quarantine {
  return {
    async moveAside(damage) {
      const name = nameOf(damage);
      const found = await blobs.readBytes(name);
      if (typeof found !== "object" || !isDamaged(damage, Buffer.from(found.bytes).toString())) {
        return { outcome: "gone" };
      }
      const to = await keepCopy(blobs, name, found.bytes, { quarantinedat: toIso(clock.now()) });
      const removed = await removeVersion(blobs, name, found.etag);
      if (removed === "removed") return { outcome: "moved", to };
      return { outcome: removed === "leased" ? "held" : "gone" };
    },
  };
}

function nameOf(damage: Damage): string {
  const { whole, part } = partsOf(damage);
  switch (damage.kind) {
    case "schedule":
      return scheduleName(damage.id);
    case "run":
      return runName({ scheduleId: whole, key: part });
    case "approval": {
      const [key = "", step] = part.split("_");
      return approvalName({ scheduleId: whole, key, step: Number(step) });
    }
    case "conversation head":
      return headName(damage.id);
    case "conversation segment":
      return segmentName(whole, Number(part));
  }
}

/** What was reported may have been restored since, and what only a later version understands is no damage. */
function isDamaged(damage: Damage, text: string): boolean {
  if (isOfLaterVersion(text)) return false;
  try {
    parse(damage, text);
    return false;
  } catch (thrown) {
    if (damageIn(thrown) === undefined) throw thrown;
    return true;
  }
}

function parse(damage: Damage, text: string): unknown {
  switch (damage.kind) {
    case "schedule":
      return fromStoredJson(scheduleSchema, text, damage);
    case "run":
      return fromStoredJson(runSchema, text, damage);
    case "approval":
      return fromStoredJson(approvalSchema, text, damage);
    case "conversation head":
      return fromStoredJson(headSchema, text, damage);
    case "conversation segment":
      return fromEventLines(text, damage);
  }
}

const versionSchema = z.looseObject({ v: z.number().min(2) });

function isOfLaterVersion(text: string): boolean {
  try {
    return versionSchema.safeParse(JSON.parse(text)).success;
  } catch {
    // Not JSON: whether that is damage depends on the kind.
    return false;
  }
}

/** More copies of one name than this mean that something damages it again and again; then it stays where it is. */
const maximumCopies = 100;

async function keepCopy(blobs: Blobs, name: string, bytes: Uint8Array, metadata: { quarantinedat: string }) {
  for (let number = 0; number < maximumCopies; number++) {
    const copy = quarantineName(name, number);
    const { outcome } = await blobs.write(copy, bytes, { condition: { ifAbsent: true }, metadata });
    if (outcome === "written") return copy;
    const earlier = await blobs.readBytes(copy);
    if (typeof earlier === "object" && Buffer.compare(earlier.bytes, bytes) === 0) return copy;
  }
  throw new AppError("INTERNAL_ERROR", "A blob was damaged too often to be put into quarantine once more.", {
    blob: name,
  });
}
