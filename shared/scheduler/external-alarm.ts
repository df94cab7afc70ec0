import type { AlarmHealth, AlarmSlot, ExternalAlarm } from "../alarm/external-alarm.ts";
import { type Clock, toIso } from "../kernel/clock.ts";
import { AppError } from "../kernel/errors.ts";
import type { Events } from "../kernel/events.ts";
import type { GroupRules } from "../resilience/groups.ts";
import type { Attempt, Targets } from "../resilience/targets.ts";
import { unlessAborted } from "../resilience/unless-aborted.ts";
import type { Dialect, SchedulerTool } from "./dialect.ts";
import { findDialect } from "./find-dialect.ts";
import { createKnownDialect, type KnownDialect } from "./known-dialect.ts";
import { type SchedulerLimits, schedulerLimits } from "./limits.ts";
import type { OpenMcpSession } from "./mcp-dialect.ts";
import { isArmedId, type Read, readArmed, readCancelled, readState } from "./read-answer.ts";
import { createReport } from "./report.ts";
import { SchedulerFailure, schedulerFailures, toFailure } from "./scheduler-failure.ts";
import { createSend } from "./send.ts";
import { createSignIn, type SchedulerAuth } from "./sign-in.ts";
import { createSignedIn } from "./signed-in.ts";

/** What the Scheduler is to post at a slot, and where. */
export interface Letter {
  readonly text: string;
  readonly endpoint: string;
}

export interface ExternalAlarmOptions {
  readonly url: string;
  readonly auth: SchedulerAuth;
  readonly letterFor: (slot: AlarmSlot) => Promise<Letter>;
  readonly openMcp: OpenMcpSession;
  readonly batch: GroupRules;
  readonly events: Events;
  readonly clock: Clock;
  readonly targets: Targets;
  readonly limits?: SchedulerLimits;
}

export interface SchedulerAlarm extends ExternalAlarm {
  close(): Promise<void>;
}

/**
 * An external Scheduler behind the port. Nothing is sent before the first use. A call whose answer was lost is made
 * again: a slot armed twice calls back twice, and the second callback is a duplicate; the Scheduler can neither drop the
 * second itself nor be asked for it without reading through all that it has.
 */
export function createExternalAlarm(options: ExternalAlarmOptions): SchedulerAlarm {
  const { letterFor, limits = schedulerLimits } = options;
  const { ask, health, close } = createCalls(options);
  return {
    async arm(slot) {
      const { text, endpoint } = await readLetter(() => letterFor(slot), limits);
      const input = { conversationText: text, scheduledTime: toIso(slot.slot), endpoint, method: "POST" };
      return ask({ tool: "scheduleConversation", input, read: readArmed, secrets: secretsIn(endpoint) });
    },
    // Only what the Scheduler named is its own: anything else it would refuse as no id.
    async cancel(conversationId) {
      if (!isArmedId(conversationId)) return false;
      return ask({ tool: "cancelConversation", input: { conversationId }, read: readCancelled });
    },
    async status(conversationId) {
      if (!isArmedId(conversationId)) return "unknown";
      return ask({ tool: "getConversationStatus", input: { conversationId }, read: readState });
    },
    health,
    close,
  };
}

interface Call<T> {
  readonly tool: SchedulerTool;
  readonly input: Readonly<Record<string, string>>;
  readonly read: Read<T>;
  /** Of this call: no log may show them. */
  readonly secrets?: readonly string[];
}

function createCalls(options: ExternalAlarmOptions) {
  const { batch, targets, limits = schedulerLimits } = options;
  const { dialects, report } = connect(options, limits);
  const { size: atOnce, pauseMs } = batch;
  const target = targets.open("scheduler", { ...limits, atOnce, pauseMs }, schedulerFailures);
  return {
    async ask<T>({ tool, input, read, secrets = [] }: Call<T>): Promise<T> {
      const attempt = (context: Attempt) =>
        onDialect(dialects, context.signal, async (dialect) => read(await dialect.call(tool, input, context)));
      const reading = await target.call(tool, attempt).catch((thrown: unknown) => {
        throw report.failed(tool, thrown, secrets);
      });
      if (reading.kind === "refused") throw report.refused(tool, reading.words, secrets);
      report.worked();
      return reading.value;
    },
    health(): AlarmHealth {
      const { name = "none", since } = dialects.known() ?? {};
      const refusal = target.refusal();
      if (refusal === undefined) return { ...report.state(), dialect: name, since };
      return { state: "unavailable", problem: toFailure(refusal).message, dialect: name, since };
    },
    close: dialects.close,
  };
}

function connect({ url, auth, openMcp, events, clock }: ExternalAlarmOptions, limits: SchedulerLimits) {
  const { answerBytes, signInMs, findMs, breaker } = limits;
  const send = createSend(url, answerBytes);
  const signIn = createSignIn({ auth, send, monotonic: clock.monotonic, limitMs: signInMs });
  const report = createReport({ events, restMs: breaker.restMs, secrets: signIn.secrets });
  const facts = { url, signIn, send: createSignedIn(send, signIn), openMcp, answerBytes };
  const find = (signal: AbortSignal) => findDialect(facts, signal);
  const dialects = createKnownDialect({ find, limitMs: findMs, now: clock.now, onFound: report.found });
  return { dialects, report };
}

/** Where the dialect is not there any more, nothing was done: it is looked for anew, and the call made once again. */
async function onDialect<T>(
  dialects: KnownDialect,
  signal: AbortSignal,
  call: (dialect: Dialect) => Promise<T>,
): Promise<T> {
  const dialect = await dialects.current(signal);
  try {
    return await call(dialect);
  } catch (thrown) {
    if (!(thrown instanceof SchedulerFailure) || thrown.trouble !== "gone") throw thrown;
    dialects.forget(dialect);
    return call(await dialects.current(signal));
  }
}

/** A signed address may start a run, and so may its signature. */
const secretsIn = (endpoint: string): readonly string[] =>
  URL.canParse(endpoint)
    ? [endpoint, ...[...new URL(endpoint).searchParams.values()].filter((value) => value.length >= shortestSecret)]
    : [endpoint];

const shortestSecret = 20;

/** Made before the line and outside of what counts against the Scheduler: it is our own side that may fail here. */
async function readLetter(give: () => Promise<Letter>, { signInMs }: SchedulerLimits): Promise<Letter> {
  try {
    return await unlessAborted(give(), AbortSignal.timeout(signInMs));
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : new AppError("SERVICE_ERROR", letterWords, {}, thrown);
  }
}

const letterWords = "The callback for this slot could not be made. See whether the secrets for it can be read.";
