import { type Damage, damageIn, partsOf } from "../kernel/damage.ts";
import { type RunReference, runId } from "../runs/run.ts";
import { endRun } from "./end-run.ts";
import { hasOwnConversation } from "./materialise.ts";
import type { Ports } from "./ports.ts";
import { recreateHead } from "./recreate-head.ts";

/**
 * Lets a conversation go on behind a segment that cannot be read: the run that needs it ends failed (damaged_log), and
 * the next segment begins with a note. The schedule points there before the damaged segment is moved, so nobody writes
 * a second time under its number. Under the conversation's lease; `later`: somebody else holds it.
 */
export async function goOnInNewSegment(
  ports: Ports,
  damage: Damage,
  run: RunReference | undefined,
): Promise<"again" | "later"> {
  const { whole: conversationId, part } = partsOf(damage);
  const holder = ports.ids.unique();
  if (!(await acquire(ports, conversationId, holder))) return "later";
  try {
    if (!(await isStillDamaged(ports, conversationId, Number(part)))) return "again";
    const next = Number(part) + 1;
    await beginWithNote(ports, conversationId, next, run);
    await ports.log.pointHead(conversationId, next, holder);
    if (run !== undefined) await endNeedy(ports, run, conversationId, next);
    return "again";
  } finally {
    await ports.log.release(conversationId, holder);
  }
}

async function acquire(ports: Ports, id: string, holder: string): Promise<boolean> {
  const answer = await ports.log.acquire(id, holder);
  if (answer !== "absent") return answer === "held";
  await recreateHead(ports, id);
  return (await ports.log.acquire(id, holder)) === "held";
}

async function isStillDamaged(ports: Ports, id: string, segment: number): Promise<boolean> {
  try {
    await ports.log.readSegment(id, segment);
    return false;
  } catch (thrown) {
    if (damageIn(thrown) === undefined) throw thrown;
    return true;
  }
}

const damagedLog = { outcome: "failed", reason: "damaged_log" } as const;

const noteText =
  "An earlier part of this conversation was damaged and cannot be read any more. What was said there is not known here.";

/** The note ends the run in the log as well: whoever takes it up must not begin it anew. */
async function beginWithNote(ports: Ports, id: string, segment: number, run: RunReference | undefined): Promise<void> {
  const stamp = { v: 1, id: ports.ids.unique(), time: ports.clock.now() } as const;
  const lastFinished = run === undefined ? {} : { lastFinished: { run: runId(run), ...damagedLog } };
  await ports.log.createSegment(id, segment);
  // A segment that has grown already is left as it is.
  await ports.log.append(id, segment, 0, [{ type: "carry_over", ...stamp, text: noteText, ...lastFinished }]);
}

/** The schedule first: with its run ended, nobody would point it to the new segment any more. */
async function endNeedy(ports: Ports, run: RunReference, conversationId: string, segment: number): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const current = await ports.schedules.read(run.scheduleId);
    const isContinued = !hasOwnConversation({ ...run, conversationId });
    if (isContinued && current !== undefined && current.value.segment < segment) {
      await ports.schedules.replace({ ...current.value, segment }, current.version);
    } else {
      await endRun(ports, current?.value, run, damagedLog);
      return;
    }
  }
  throw new Error(`Schedule ${run.scheduleId} changed with every attempt to point it to a new segment.`);
}
