import { Agent } from "node:http";
import PQueue from "p-queue";
import type { Instant } from "../../../shared/kernel/clock.ts";
import type { Conversation, Conversations, Status } from "./conversations.ts";
import { type SentCallback, sendCallback } from "./send-callback.ts";

/**
 * What becomes of a callback. The service means to send each once; the others are misfortunes:
 * `lose` its job is gone and it waits for ever; `swallow` something in between answers 200 instead of the target;
 * `duplicate` the target gets it twice at once; `crash` the service dies once the target has it, `crash_before` before;
 * either leaves it InProgress for ever.
 */
export type Fate = "send" | "lose" | "swallow" | "duplicate" | "crash" | "crash_before";

export interface DeliveryOptions {
  readonly conversations: Conversations;
  readonly now: () => Instant;
  /** Time passes by itself: what is due is sent by a timer. */
  readonly isTimed: boolean;
  readonly limitSeconds: number;
  readonly fateOf: (conversation: Conversation) => Fate | Promise<Fate>;
}

export interface Delivery extends AsyncDisposable {
  readonly sent: readonly SentCallback[];
  /** The most callbacks under way at the same time. */
  readonly peak: number;
  /** Sets the timer of a waiting conversation, when time passes by itself. */
  await(conversation: Conversation): void;
  fire(id: string): Promise<Status>;
  repeat(id: string): Promise<Status>;
  fireDue(): Promise<void>;
}

/** Callbacks that run at the same time; more wait, as slow targets make the others wait. */
const mostAtOnce = 10;

const longestTimerMs = 2 ** 31 - 1;

export function createDelivery(options: DeliveryOptions): Delivery {
  const { conversations, now, isTimed } = options;
  const line = createLine(options);
  const timers = new Set<NodeJS.Timeout>();
  const lost = new Set<string>();
  const deliver = async (id: string): Promise<Status> => {
    const fate = await options.fateOf(found(conversations, id));
    if (fate === "lose") lost.add(id);
    else await line.inTurn(() => deliverNow(id, fate, options, line.send));
    return found(conversations, id).status;
  };
  const wait = (conversation: Conversation): void => {
    const leftMs = conversation.scheduledTime.at - now();
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        if (conversation.scheduledTime.at > now()) wait(conversation);
        else void deliver(conversation.id).catch(() => undefined);
      },
      Math.min(longestTimerMs, Math.max(0, leftMs)),
    );
    timers.add(timer);
  };
  return {
    sent: line.sent,
    get peak() {
      return line.peak();
    },
    await: (conversation) => isTimed && wait(conversation),
    async fire(id) {
      const { status } = found(conversations, id);
      if (status !== "Scheduled") throw new Error(`Conversation ${id} is ${status}, so it is not waiting any more.`);
      return deliver(id);
    },
    repeat: async (id) => line.send(found(conversations, id)),
    async fireDue() {
      line.giveUp(now());
      const isDue = ({ id, status, scheduledTime: { at } }: Conversation) =>
        status === "Scheduled" && at <= now() && !lost.has(id);
      const due = conversations.all().filter(isDue);
      await Promise.all(due.map(({ id }) => deliver(id)));
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      line.close();
    },
  };
}

type Send = (conversation: Conversation) => Promise<Status>;

async function deliverNow(id: string, fate: Fate, { conversations, now }: DeliveryOptions, send: Send): Promise<void> {
  const conversation = found(conversations, id);
  if (conversation.status !== "Scheduled") return;
  conversations.mark(id, "InProgress", now());
  if (fate === "crash_before") return;
  const times = fate === "swallow" ? 0 : fate === "duplicate" ? 2 : 1;
  const [ending = "Completed"] = await Promise.all(Array.from({ length: times }, () => send(conversation)));
  if (fate !== "crash") conversations.mark(id, ending, now());
}

/** What goes out, at most ten at once. */
function createLine({ now, isTimed, limitSeconds }: DeliveryOptions) {
  const agent = new Agent();
  const sent: SentCallback[] = [];
  const underWay = new Map<AbortController, Instant>();
  const queue = new PQueue({ concurrency: mostAtOnce });
  let peak = 0;
  let isClosed = false;
  const send = async (conversation: Conversation): Promise<Status> => {
    const ending = new AbortController();
    underWay.set(ending, now());
    const limit = isTimed ? setTimeout(() => ending.abort(), limitSeconds * 1000) : undefined;
    try {
      const status = await sendCallback(conversation, {
        agent,
        signal: ending.signal,
        onSent: (callback) => void sent.push(callback),
      });
      return status >= 200 && status < 300 ? "Completed" : "Failed";
    } catch {
      // One who is killed in a callback cannot say how it ended.
      return isClosed ? "InProgress" : "Failed";
    } finally {
      clearTimeout(limit);
      underWay.delete(ending);
    }
  };
  return {
    sent,
    send,
    peak: () => peak,
    inTurn: (work: () => Promise<void>): Promise<void> =>
      queue.add(() => {
        peak = Math.max(peak, queue.pending);
        return work();
      }),
    giveUp(at: Instant) {
      for (const [ending, since] of underWay) if (at - since >= limitSeconds * 1000) ending.abort();
    },
    close() {
      isClosed = true;
      queue.clear();
      for (const ending of underWay.keys()) ending.abort();
      agent.destroy();
    },
  };
}

function found(conversations: Conversations, id: string): Conversation {
  const conversation = conversations.find(id);
  if (conversation === undefined) throw new Error(`No conversation ${id} is armed here.`);
  return conversation;
}
