import { ownerInId } from "../../shared/access/owned-id.ts";
import { headName, quarantineName, runName, scheduleName, segmentName } from "../../shared/azure/storage/names.ts";
import { damageIn } from "../../shared/kernel/damage.ts";
import { hasEnded, type Run } from "../../shared/runs/run.ts";
import { createGetConversation } from "../../shared/use-cases/read-conversation.ts";
import type { World } from "../support/world.ts";
import { createDice, type Dice } from "../support/world-dice.ts";
import { type Damageable, scheduleOf } from "./damage-book.ts";
import type { createGateChecks } from "./gate-checks.ts";
import type { Ledger } from "./ledger.ts";
import type { createLogChecks } from "./log-checks.ts";
import type { Tally } from "./tally.ts";

interface Told {
  readonly ledger: Ledger;
  readonly gate: ReturnType<typeof createGateChecks>;
  readonly logs: ReturnType<typeof createLogChecks>;
  readonly say: (text: string) => void;
}

/** A blob as it was left behind. */
interface Damaged {
  readonly blob: Damageable;
  readonly bytes: Buffer;
  /** Somebody was to work with it yet. */
  readonly isNeeded: boolean;
}

/** Steps between two damages of a world, on average. */
const stepsBetween = 200;

/**
 * In three worlds of ten, at any moment between two steps, a blob is overwritten with garbage or cut short. Dice of its
 * own, so that the rest of a world is the same with and without.
 */
export function createDamage(seed: number, { ledger, gate, logs, say }: Told) {
  const dice = createDice(seed + 1_000_003);
  const { chance, one } = dice;
  let left = chance(0.3) ? one(1, 1, 2, 3) : 0;
  let done = 0;
  const damaged = new Map<string, Damaged>();
  const counts: Record<string, number> = {};

  async function spoil(world: World, blob: Damageable): Promise<void> {
    const name = nameOf(blob);
    const found = await world.blobs.readBytes(name);
    if (typeof found !== "object") return;
    const bytes = anyDamage(dice, Buffer.from(found.bytes), blob.kind === "segment");
    const isNeeded = isNeededYet(ledger, blob);
    if (!(await ledger.spoil(blob, world.now(), () => overwrite(world, name, bytes, blob.kind === "segment")))) return;
    if (blob.kind === "schedule") gate.forget(blob.value.id);
    if (blob.kind === "segment") logs.spoil(blob.conversation, blob.segment);
    damaged.set(name, { blob, bytes, isNeeded });
    counts[`damaged_${blob.kind}`] = (counts[`damaged_${blob.kind}`] ?? 0) + 1;
    say(`${name} is damaged: ${JSON.stringify(bytes.subarray(0, 40).toString())}`);
    left--;
    done++;
  }

  return {
    counts: counts as Readonly<Record<string, number>>,
    /** Each may cost what was under way one call or pick-up more. */
    count: () => done,

    /** Between two steps of the world. */
    observe(world: World): void | Promise<void> {
      if (left === 0 || !chance(1 / stepsBetween)) return;
      const blob = anyBlob(dice, ledger, logs);
      if (blob !== undefined) return spoil(world, blob);
    },

    calmDown(): void {
      left = 0;
    },

    /** At the end: what was needed is set aside byte for byte, was reported, and what is left can be read. */
    async check(world: World, { check }: Tally, faults: number): Promise<void> {
      let unreported = 0;
      for (const [name, one] of damaged) {
        // Whoever deletes a conversation wants no copy of it.
        if ("conversation" in one.blob && ledger.isForgotten(one.blob.conversation)) continue;
        const isThere = isSame(await world.blobs.readBytes(name), one.bytes);
        const copy = await copyOf(world, name, one.bytes);
        check("damage contained", isThere || copy !== undefined, () => `the damaged ${name} is nowhere`);
        check("damage contained", !isThere || !one.isNeeded, () => `the damaged ${name} stands in the way still`);
        const isReported = world.recorded.some(
          ({ name: event, fields }) => event === "storage.quarantined" && fields?.blob === copy,
        );
        if (copy !== undefined && !isReported) unreported++;
        if (!isThere || one.blob.kind === "head") await checkReadable(world, one.blob, check);
      }
      check("damage contained", unreported <= faults, () => `${unreported} blobs were set aside and not reported`);
    },
  };
}

/** Mostly something that somebody is to work with yet. */
function anyBlob(dice: Dice, ledger: Ledger, logs: Told["logs"]): Damageable | undefined {
  const { below, chance, one } = dice;
  const any = <T>(all: readonly T[]): T | undefined => all[below(all.length)];
  const onlyOpen = chance(0.8);
  const kind = one("schedule", "schedule", "run", "run", "head", "segment", "segment", "segment");
  if (kind === "schedule") {
    const value = any([...ledger.schedules.values()].filter(({ status }) => !onlyOpen || status === "active"));
    return value && { kind, value };
  }
  const run = any([...ledger.runs.values()].filter((other) => !onlyOpen || isGoingOn(ledger, other)));
  if (run === undefined || kind === "run") return run && { kind: "run", value: run };
  const { conversationId: conversation, scheduleId } = run;
  if (kind === "head") return { kind, conversation, scheduleId };
  const newest = logs.newestSegmentOf(conversation);
  return newest === undefined ? undefined : { kind, conversation, segment: newest, scheduleId };
}

/** The run has not ended, or further ones go on with its conversation. */
const isGoingOn = ({ schedules }: Ledger, run: Run): boolean => {
  const schedule = schedules.get(run.scheduleId);
  const isContinued = schedule?.status === "active" && schedule.definition.conversation === "continue";
  return !hasEnded(run) || (isContinued && run.epoch > 0);
};

function isNeededYet({ schedules, damage }: Ledger, blob: Damageable): boolean {
  const schedule = schedules.get(scheduleOf(blob));
  if (blob.kind === "schedule") return blob.value.next !== null || blob.value.open.length > 0;
  if (blob.kind !== "run" || hasEnded(blob.value) || damage.hasLost(scheduleOf(blob))) return false;
  return schedule?.open.some(({ key }) => key === blob.value.key) === true;
}

function nameOf(blob: Damageable): string {
  switch (blob.kind) {
    case "schedule":
      return scheduleName(blob.value.id);
    case "run":
      return runName(blob.value);
    case "head":
      return headName(blob.conversation);
    case "segment":
      return segmentName(blob.conversation, blob.segment);
  }
}

const garbage = ["{", "not a word of ours", "\u0000".repeat(64), '{"some": "thing else"}\n', "[]\n"] as [
  string,
  ...string[],
];

function anyDamage({ below, chance, one }: Dice, bytes: Buffer, isLines: boolean): Buffer {
  if (chance(0.5) || bytes.length < 2) return Buffer.from(one(...garbage));
  const length = below(bytes.length - 1);
  return bytes.subarray(0, isLines ? withinLine(bytes, length) : length);
}

/** Lines that are lost as a whole leave a log behind that nobody can tell from a shorter one. */
function withinLine(bytes: Buffer, length: number): number {
  const newline = "\n".charCodeAt(0);
  const isAtEnd = bytes[length - 1] === newline || bytes[length] === newline;
  return length === 0 || (isAtEnd && bytes[length] !== newline) ? length + 1 : isAtEnd ? length - 1 : length;
}

/** false: storage refuses, because somebody holds a lease on the blob. */
async function overwrite({ blobs }: World, name: string, bytes: Buffer, isLines: boolean): Promise<boolean> {
  if (!isLines) return (await blobs.write(name, bytes, { condition: "always" })).outcome === "written";
  await blobs.remove(name);
  await blobs.createAppend(name);
  await blobs.append(name, bytes, 0);
  return true;
}

const isSame = (found: Awaited<ReturnType<World["blobs"]["readBytes"]>>, bytes: Buffer): boolean =>
  typeof found === "object" && Buffer.compare(found.bytes, bytes) === 0;

/** Nothing damages one name as often. */
const mostCopies = 5;

async function copyOf({ blobs }: World, name: string, bytes: Buffer): Promise<string | undefined> {
  for (let number = 0; number < mostCopies; number++) {
    const copy = quarantineName(name, number);
    if (isSame(await blobs.readBytes(copy), bytes)) return copy;
  }
  return undefined;
}

/** Its owner can read what the conversation holds, up to a damaged segment that nobody has needed since. */
async function checkReadable({ ports }: World, blob: Damageable, check: Tally["check"]): Promise<void> {
  if (blob.kind === "schedule" || blob.kind === "run") return;
  const { conversation: id } = blob;
  const owner = { owner: ownerInId(id) ?? "", name: "its owner" };
  const failed = await createGetConversation(ports)(owner, id, undefined, 50)
    .then(() => undefined)
    .catch((thrown: unknown) => thrown);
  const isReadable = failed === undefined || damageIn(failed)?.kind === "conversation segment";
  check("damage contained", isReadable, () => `the conversation ${id} cannot be read: ${failed}`);
}
