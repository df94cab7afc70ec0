import type { ConversationEvent, LoggedEvent } from "../../shared/conversations/events.ts";
import { createDice } from "../support/world-dice.ts";
import type { Tally } from "./tally.ts";

interface Place {
  events: number;
  isSealed: boolean;
  isDamaged: boolean;
}

/** What the next segment of a conversation has to begin with. */
interface Carried {
  lastFinished?: { readonly run: string; readonly outcome: string } | undefined;
  lastText?: string | undefined;
  /** What stood last is deleted. */
  isForgotten?: boolean;
}

/** When segments end: in half of the worlds after a few runs, else as in Azure. */
export function anySegmentLimits(seed: number): { segmentEvents: number; segmentBytes: number } {
  const { chance, one } = createDice(seed + 3_000_003);
  if (chance(0.5)) return { segmentEvents: 1000, segmentBytes: 1024 * 1024 };
  return { segmentEvents: one(2, 6, 11, 20), segmentBytes: one(2_000, 50_000, 1024 * 1024) };
}

/** What must hold of a conversation over its segments. */
export function createSegmentChecks({ check }: Tally, { segmentEvents }: { segmentEvents: number }) {
  const places = new Map<string, Place>();
  const conversations = new Map<string, Carried>();

  const placeOf = (conversation: string, segment: number): Place =>
    entryOf(places, `${conversation}/${segment}`, { events: 0, isSealed: false, isDamaged: false });

  return {
    /** @param hasRun a run is open in the conversation, or has been there before this event */
    event(conversation: string, segment: number, event: LoggedEvent, run: { isOpen: boolean; isNew: boolean }): void {
      const name = `${conversation}/${segment}`;
      const place = placeOf(conversation, segment);
      const carried = entryOf(conversations, conversation, {});
      check("log well formed", !place.isSealed, () => `${event.type} stands behind the seal of ${name}`);
      check("damage contained", !place.isDamaged, () => `${event.type} was written to the damaged ${name}`);
      const isFirst = place.events++ === 0;
      if (segment > 0 && isFirst) begin(name, event, placeOf(conversation, segment - 1), carried);
      else check("segments follow", event.type !== "carry_over", () => `a carry-over stands within ${name}`);
      if (event.type === "sealed") {
        check("segments follow", !run.isOpen, () => `${name} is sealed in the middle of a run`);
        place.isSealed = true;
      }
      if (event.type === "run_started" && run.isNew) {
        check("log bounded", place.events <= segmentEvents, () => `${name} was full before ${event.run} began in it`);
      }
      if (event.type === "run_finished") carried.lastFinished = event;
      if (event.type === "assistant" && event.text !== "") carried.lastText = event.text;
      if (event.type === "summary") carried.lastText = event.text;
    },

    spoil(conversation: string, segment: number): void {
      placeOf(conversation, segment).isDamaged = true;
    },

    /** A segment is deleted, or all of the conversation: also what was set aside of it before. */
    forget(conversation: string, segment: number | undefined): void {
      for (const name of [...places.keys()]) {
        const [id, number] = name.split("/");
        if (id === conversation && (segment === undefined || Number(number) === segment)) places.delete(name);
      }
      conversations.set(conversation, { isForgotten: true });
    },

    newestOf(conversation: string): number | undefined {
      let newest: number | undefined;
      for (let segment = 0; places.has(`${conversation}/${segment}`); segment++) newest = segment;
      return newest;
    },
  };

  function begin(name: string, event: LoggedEvent, previous: Place, carried: Carried): void {
    const isFollowing = previous.isSealed || previous.isDamaged || carried.isForgotten === true;
    check("segments follow", isFollowing, () => `${name} begins although the one before has not ended`);
    check("segments follow", event.type === "carry_over", () => `${name} begins with ${event.type}`);
    if (event.type !== "carry_over") return;
    if (previous.isDamaged || carried.isForgotten === true) {
      // What was said is lost, and the note tells so.
      carried.lastFinished = event.lastFinished;
      carried.lastText = undefined;
      carried.isForgotten = false;
    } else checkCarried(name, event, carried);
  }

  function checkCarried(
    name: string,
    { text = "", lastFinished }: Extract<ConversationEvent, { type: "carry_over" }>,
    carried: Carried,
  ): void {
    const end = ({ run, outcome }: NonNullable<Carried["lastFinished"]>) => `${run} ${outcome}`;
    const expected = carried.lastFinished && end(carried.lastFinished);
    const told = lastFinished && end(lastFinished);
    check("segments follow", told === expected, () => `${name} begins with ${told}, the last end was ${expected}`);
    const isTold = text.includes(carried.lastText?.slice(0, mostCarried) ?? "");
    check("segments follow", isTold, () => `${name} begins without the last answer: ${carried.lastText}`);
  }
}

/** Characters of the last answer that a segment begins with. */
const mostCarried = 4096;

function entryOf<T>(map: Map<string, T>, name: string, fresh: T): T {
  const entry = map.get(name) ?? fresh;
  map.set(name, entry);
  return entry;
}
