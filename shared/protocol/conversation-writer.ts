import { type ConversationHead, leaseSafetyMs } from "../conversations/conversation-log.ts";
import type { ConversationEvent, LoggedEvent } from "../conversations/events.ts";
import { findLastFinished } from "../conversations/fold.ts";
import { secondMs } from "../kernel/clock.ts";
import { findLastSummary } from "../runs/prompt.ts";
import type { Ports } from "./ports.ts";

/**
 * The one writer of a conversation while it holds the lease. The order that makes it safe: read the tail, then make
 * sure that the lease is still ours, then append at the position that was read. A position read after the lease was
 * lost fences nothing.
 */
export interface ConversationWriter {
  /** Creates the conversation when it is absent. */
  acquire(head: ConversationHead, isNew: boolean): Promise<"held" | "busy">;
  /** Reads the newest segment. false: the lease was lost meanwhile. */
  open(segment: number, isNew: boolean): Promise<boolean>;
  reopen(): Promise<boolean>;
  /** The lease is ours for some seconds more; renews it when it is about to end. */
  holds(): Promise<boolean>;
  renew(): Promise<boolean>;
  /** false: somebody else has written, so the conversation is no longer ours. */
  append(events: readonly ConversationEvent[]): Promise<boolean>;
  isFull(): boolean;
  /** Seals the segment and goes on in the next one, which starts with what the next prompt needs. */
  roll(): Promise<boolean>;
  release(): Promise<void>;
  events(): readonly LoggedEvent[];
  segment(): number;
}

export function createConversationWriter(ports: Ports, conversationId: string, holder: string): ConversationWriter {
  const { log, clock, ids } = ports;
  const { segmentEvents, segmentBytes } = ports.settings;
  const leaseMs = ports.settings.leaseSeconds * secondMs;
  let leaseEndsAt = 0;
  let number = 0;
  let position = 0;
  let events: readonly LoggedEvent[] = [];
  /** This worker has made the head, so nothing stands behind it. */
  let isBegun = false;

  const writer: ConversationWriter = {
    async acquire(head, isNew) {
      if (isNew) await log.createHead(head);
      isBegun = isNew;
      for (let attempt = 0; attempt < 3; attempt++) {
        const askedAt = clock.monotonic();
        const answer = await log.acquire(conversationId, holder);
        if (answer === "busy") return "busy";
        if (answer === "held") {
          leaseEndsAt = askedAt + leaseMs;
          return "held";
        }
        await log.createHead(head);
        isBegun = true;
      }
      return "busy";
    },

    async open(segment, isNew) {
      number = segment;
      if (isNew && (await log.createSegment(conversationId, number))) {
        [events, position] = [[], 0];
        return true;
      }
      return readNewest();
    },

    reopen: readNewest,

    async holds() {
      return clock.monotonic() < leaseEndsAt - leaseSafetyMs || writer.renew();
    },

    async renew() {
      const askedAt = clock.monotonic();
      const isOurs = await log.renew(conversationId, holder);
      if (isOurs) leaseEndsAt = askedAt + leaseMs;
      return isOurs;
    },

    async append(added) {
      const reached = await log.append(conversationId, number, position, added);
      if (reached === undefined) return false;
      position = reached;
      events = [...events, ...added];
      return true;
    },

    isFull: () => events.length >= segmentEvents || position >= segmentBytes,

    async roll() {
      if (!(await writer.append([{ type: "sealed", ...stamp(), ...lastFinishedOf(events) }]))) return false;
      number++;
      await log.createSegment(conversationId, number);
      await log.pointHead(conversationId, number, holder);
      return readNewest();
    },

    release: () => log.release(conversationId, holder),
    events: () => events,
    segment: () => number,
  };
  return writer;

  /** Follows seals to the newest segment; whoever died while rolling is finished for. */
  async function readNewest(): Promise<boolean> {
    for (;;) {
      const segment = await log.readSegment(conversationId, number);
      if (segment === undefined) {
        // Two gates may know one conversation; what the one remembers was set aside while the other went on.
        const pointed = isBegun ? undefined : (await log.readHead(conversationId))?.segment;
        if (pointed !== undefined && pointed > number) number = pointed;
        else await log.createSegment(conversationId, number);
        continue;
      }
      if (segment.events.at(-1)?.type === "sealed") {
        number++;
        continue;
      }
      events = segment.events;
      position = segment.position;
      if (events.length > 0 || number === 0) return true;
      const before = await log.readSegment(conversationId, number - 1);
      return beginSegment(before?.events ?? []);
    }
  }

  async function beginSegment(before: readonly LoggedEvent[]): Promise<boolean> {
    if (!(await writer.holds())) return false;
    const text = carriedText(before);
    const isWritten = await writer.append([
      { type: "carry_over", ...stamp(), ...(text === undefined ? {} : { text }), ...lastFinishedOf(before) },
    ]);
    return isWritten || readNewest();
  }

  function stamp() {
    return { v: 1, id: ids.unique(), time: clock.now() } as const;
  }
}

function lastFinishedOf(events: readonly LoggedEvent[]) {
  const lastFinished = findLastFinished(events);
  return lastFinished === undefined ? {} : { lastFinished };
}

/** Characters of an earlier answer that the next segment starts with. */
const carriedCharacters = 4096;

/**
 * The newest summary and the last answer after it. A segment may hold no answer, when all its runs have failed: then it
 * hands on what it began with.
 */
function carriedText(events: readonly LoggedEvent[]): string | undefined {
  const start = findLastSummary(events);
  const summary = events[start];
  const last = events
    .slice(start + 1)
    .findLast((event) => event.type === "carry_over" || (event.type === "assistant" && event.text !== ""));
  if (last?.type === "carry_over") return last.text;
  const texts = [
    ...(summary?.type === "summary" ? [`This conversation so far, summed up:\n${summary.text}`] : []),
    ...(last?.type === "assistant"
      ? [`The last answer in this conversation so far was:\n${last.text.slice(0, carriedCharacters)}`]
      : []),
  ];
  return texts.length === 0 ? undefined : texts.join("\n\n");
}
