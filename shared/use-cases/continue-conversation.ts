import { createHash } from "node:crypto";
import { ownedId } from "../access/owned-id.ts";
import type { Principal } from "../access/principal.ts";
import type { ConversationHead } from "../conversations/conversation-log.ts";
import { secondMs } from "../kernel/clock.ts";
import { type AppError, invalid } from "../kernel/errors.ts";
import { firstBytes } from "../kernel/first-bytes.ts";
import { derivedId } from "../kernel/ids.ts";
import { type OpenedChat, openChat, type Said } from "../protocol/open-chat.ts";
import type { Ports } from "../protocol/ports.ts";
import type { Run } from "../runs/run.ts";
import { busyWith } from "./conversation-busy.ts";
import { readOwnHead } from "./read-conversation.ts";
import { type Waiting, watchRun } from "./watch-run.ts";

export interface ContinueRequest {
  /** Absent: a new conversation. */
  readonly conversationId?: string | undefined;
  readonly message: string;
  readonly idempotencyKey?: string | undefined;
}

export interface Continued {
  readonly head: ConversationHead;
  /** As it was when the call ended: it may be going on, or wait for the person. */
  readonly run: Run;
  /** The whole answer of a run that has ended; empty when it gave none. */
  readonly answer: string;
}

/** A call ends after this long, whatever the run does: the platform ends it after 230 seconds. */
const longestCallMs = 100 * secondMs;

/** Clients give a call up after 60 seconds in which they hear nothing. */
const silentCallMs = 45 * secondMs;

/**
 * Says something in a conversation and waits for the answer. It is answered by a run like any other: on any instance,
 * under the lease on the conversation, within its limits, and when the process that asked for it has died. Six storage
 * calls, and those of the wait.
 */
export function createContinueConversation(ports: Ports) {
  return async (principal: Principal, request: ContinueRequest, waiting: Waiting): Promise<Continued> => {
    checkMessage(request.message);
    const said = await readSaid(ports, principal, request);
    const { head } = said;
    const opened = await openChat(ports, said);
    if (!("run" in opened) || opened.kind === "held") throw refusalOf(opened, head);
    const limitMs = waiting.progress === undefined ? silentCallMs : longestCallMs;
    return { head, ...(await watchRun(ports, opened.run, head.segment, limitMs, waiting)) };
  };
}

/** Bytes of UTF-8, as for a prompt. */
const maximumMessageBytes = 64 * 1024;

function checkMessage(message: string): void {
  if (message.trim() === "") throw invalid("message is empty. Say something.", { field: "message" });
  const bytes = Buffer.byteLength(message);
  if (bytes <= maximumMessageBytes) return;
  throw invalid(
    `message has ${bytes} bytes, ${maximumMessageBytes} are allowed. Put long material where a tool can read it and refer to it.`,
    { field: "message" },
  );
}

async function readSaid(
  ports: Ports,
  principal: Principal,
  { conversationId, message, idempotencyKey }: ContinueRequest,
): Promise<Said> {
  const isRepeatable = idempotencyKey !== undefined;
  const id = chatId(idempotencyKey ?? ports.ids.unique());
  const said = { message, id, isRepeatable, fingerprint: hashOf(message) };
  if (conversationId !== undefined) {
    return { ...said, head: await readOwnHead(ports, principal, conversationId), isNew: false };
  }
  const { owner } = principal;
  const uuid = isRepeatable ? derivedId("said", owner, idempotencyKey) : ports.ids.unique();
  const identity = { v: 1, id: ownedId(owner, uuid), owner } as const;
  const head = { ...identity, title: titleOf(message), createdAt: ports.clock.now(), segment: 0 };
  return { ...said, head, isNew: true };
}

/** 16 hex digits: part of the run's name, where a caller's own text must not stand. */
const chatId = (key: string): string => hashOf(`chat\n${key}`).slice(0, 16);

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

const titleBytes = 80;

/** How the first message begins. */
function titleOf(message: string): string {
  const line = message.trim().replace(/\s+/g, " ");
  const title = firstBytes(line, titleBytes);
  return title === line ? line : `${title} ...`;
}

function refusalOf(opened: Exclude<OpenedChat, { kind: "opened" | "existing" }>, { id }: ConversationHead): AppError {
  switch (opened.kind) {
    case "held":
      return busyWith(opened.run, "say it again");
    case "deleting":
      return invalid(
        `The conversation ${JSON.stringify(id)} is being deleted. If that has failed, call delete_conversation again; without an id a new conversation begins.`,
        { reason: "conflict" },
      );
    case "deleted":
      return keyConflict("belongs to a conversation that was deleted");
    case "used":
      return keyConflict("was used before, so long ago that its answer is only in the transcript");
    case "other_message":
      return keyConflict("was used for another message");
  }
}

const keyConflict = (what: string): AppError =>
  invalid(`This idempotency_key ${what}. Use a new key for a new message.`, {
    field: "idempotency_key",
    reason: "conflict",
  });
