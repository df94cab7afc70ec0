import type { Instant } from "../../../shared/kernel/clock.ts";
import { startWebServer } from "../web-server.ts";
import { type Conversation, type Conversations, createConversations, type NewConversation } from "./conversations.ts";
import { createDelivery, type Fate } from "./delivery.ts";
import type { SentCallback } from "./send-callback.ts";
import { createTokens, type Tokens } from "./tokens.ts";

export interface SchedulerOptions {
  /** Any free one by default. */
  readonly port?: number;
  /** The service takes any client id; only the key counts. */
  readonly clientId?: string;
  readonly apiKey?: string;
  readonly tokenSeconds?: number;
  readonly signingKey?: string;
  /** With a clock of one's own nothing happens by itself: `fireDue` sends what is due by it. */
  readonly now?: () => Instant;
  /** How long it waits for a target's whole answer. */
  readonly limitSeconds?: number;
  /** What a service before it has kept: it goes on with those that wait. */
  readonly kept?: Conversations;
}

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Misfortunes {
  /**
   * Stands in front of every route. Its answer goes out instead of the service's; undefined lets the request pass, a
   * promise makes it wait, and whatever it throws cuts the connection.
   */
  readonly before?: (request: SeenRequest) => Response | undefined | Promise<Response | undefined>;
  /** As `before`, after the service has done what was asked. */
  readonly after?: (request: SeenRequest) => Response | undefined | Promise<Response | undefined>;
  /** What becomes of each callback; a promise makes it late. */
  readonly callback?: (conversation: Conversation) => Fate | Promise<Fate>;
}

/** What tests and the demo hold of a running stand-in. */
export interface RunningScheduler extends AsyncDisposable {
  readonly port: number;
  /** Without a path and without a slash at its end. */
  readonly url: string;
  readonly clientId: string;
  readonly apiKey: string;
  /** All that has come in, in order. */
  readonly requests: readonly SeenRequest[];
  /** All that has gone out, in order. */
  readonly callbacks: readonly SentCallback[];
  /** As they stand now, in the order in which they were armed. */
  readonly conversations: readonly Conversation[];
  /** The most calls of tools, and the most callbacks, under way at the same time. */
  readonly peak: { readonly tools: number; readonly callbacks: number };
  /** From now on these happen, and no others. */
  bend(misfortunes: Misfortunes): void;
  /** No token from before passes any more. */
  forgetTokens(): void;
  /** Sends a waiting one's callback whatever the time is; answers its status afterwards. */
  fire(id: string): Promise<Conversation["status"]>;
  /** Sends a callback once more, whatever has become of it; answers what it would be. */
  repeat(id: string): Promise<Conversation["status"]>;
  /** Sends all that is due and gives up what has waited too long; done when those that it sent are over. */
  fireDue(): Promise<void>;
}

/** What routes and tools work on. */
export interface Service {
  readonly apiKey: string;
  readonly tokens: Tokens;
  readonly now: () => Instant;
  readonly conversations: readonly Conversation[];
  /** undefined: its target's id is taken. */
  schedule(conversation: NewConversation, targetId?: string): Conversation | undefined;
  cancel(id: string): boolean;
}

export interface Dialects {
  answer(request: Request, body: string, service: Service): Promise<Response>;
  readonly isToolCall: (request: SeenRequest) => boolean;
}

export async function startService(options: SchedulerOptions, dialects: Dialects): Promise<RunningScheduler> {
  const { clientId = "demo-client", apiKey = "demo-key", kept = createConversations(), limitSeconds = 100 } = options;
  const { now = Date.now, tokenSeconds = 7200, signingKey } = options;
  let misfortunes: Misfortunes = {};
  const tokens = createTokens({ lifeSeconds: tokenSeconds, signingKey, now });
  const isTimed = options.now === undefined;
  const fateOf = (conversation: Conversation) => misfortunes.callback?.(conversation) ?? "send";
  const delivery = createDelivery({ conversations: kept, now, isTimed, limitSeconds, fateOf });
  for (const waiting of kept.all().filter(({ status }) => status === "Scheduled")) delivery.await(waiting);
  const service = createService({ apiKey, tokens, now, kept, onScheduled: delivery.await });
  const desk = createDesk(service, dialects, () => misfortunes);
  const server = await startWebServer(desk.answer, options.port);
  return {
    port: server.port,
    url: `http://127.0.0.1:${server.port}`,
    clientId,
    apiKey,
    requests: desk.requests,
    callbacks: delivery.sent,
    get conversations() {
      return kept.all();
    },
    get peak() {
      return { tools: desk.peak(), callbacks: delivery.peak };
    },
    bend(others) {
      misfortunes = others;
    },
    forgetTokens: tokens.forget,
    fire: delivery.fire,
    repeat: delivery.repeat,
    fireDue: delivery.fireDue,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await delivery[Symbol.asyncDispose]();
    },
  };
}

interface Parts extends Pick<Service, "apiKey" | "tokens" | "now"> {
  readonly kept: Conversations;
  readonly onScheduled: (conversation: Conversation) => void;
}

const createService = ({ kept, onScheduled, ...rest }: Parts): Service => ({
  ...rest,
  get conversations() {
    return kept.all();
  },
  schedule(conversation, targetId) {
    const added = kept.add(conversation, rest.now(), targetId);
    if (added !== undefined) onScheduled(added);
    return added;
  },
  cancel: (id) => kept.cancel(id, rest.now()),
});

/** Where requests come in: it remembers and counts them, and lets misfortunes happen. */
function createDesk(service: Service, { answer, isToolCall }: Dialects, misfortunes: () => Misfortunes) {
  const requests: SeenRequest[] = [];
  let busy = 0;
  let peak = 0;
  const answerSeen = async (request: Request, seen: SeenRequest): Promise<Response> => {
    const { before, after } = misfortunes();
    const instead = await before?.(seen);
    if (instead !== undefined) return instead;
    const own = await answer(request, seen.body, service);
    return (await after?.(seen)) ?? own;
  };
  return {
    requests,
    peak: () => peak,
    async answer(request: Request): Promise<Response> {
      const { pathname, search } = new URL(request.url);
      const body = await request.clone().text();
      const headers = Object.fromEntries(request.headers);
      const seen = { method: request.method, path: `${pathname}${search}`, headers, body };
      requests.push(seen);
      if (!isToolCall(seen)) return answerSeen(request, seen);
      busy += 1;
      peak = Math.max(peak, busy);
      try {
        return await answerSeen(request, seen);
      } finally {
        busy -= 1;
      }
    },
  };
}
