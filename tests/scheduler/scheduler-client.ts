import { inspect } from "node:util";
import type { AlarmSlot } from "../../shared/alarm/external-alarm.ts";
import { hourMs, wholeSecond } from "../../shared/kernel/clock.ts";
import type { AppError } from "../../shared/kernel/errors.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import { Secret } from "../../shared/kernel/secret.ts";
import { createOpenSession } from "../../shared/mcp/client/session.ts";
import { createExternalAlarm, type ExternalAlarmOptions } from "../../shared/scheduler/external-alarm.ts";
import { type SchedulerLimits, schedulerLimits } from "../../shared/scheduler/limits.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import type { SeenRequest } from "../support/scheduler/service.ts";

export interface ClientOptions extends Partial<Omit<ExternalAlarmOptions, "limits">> {
  readonly limits?: Partial<SchedulerLimits>;
  /** The key as it is when it is read. */
  readonly key?: () => string;
}

/** What makes an address worth something: nobody but the Scheduler may read it. */
export const signature = "x7Qk2vT9wZ4bN8mJ5cR1sH6yL3pD0fGa_signature";

/** One slot of a schedule in an hour, or later. */
export const slotOf = (scheduleId: string, hours = 1): AlarmSlot => ({
  scheduleId,
  slot: wholeSecond(Date.now()) + hours * hourMs,
});

/** The client of a Scheduler, closed at the end of its block, with waits of nearly nothing between its attempts. */
export function createClient(
  { url, clientId = "demo-client", apiKey = "demo-key" }: { url: string; clientId?: string; apiKey?: string },
  { limits, key = () => apiKey, ...options }: ClientOptions = {},
) {
  let ahead = 0;
  const recorded: AppEvent[] = [];
  const events = { record: (event: AppEvent) => void recorded.push(event) };
  const alarm = createExternalAlarm({
    url,
    auth: {
      kind: "client-credentials",
      readId: async () => new Secret(clientId),
      readKey: async () => new Secret(key()),
    },
    letterFor: async ({ scheduleId, slot }) => ({
      text: JSON.stringify({ conversationId: scheduleId, status: "due" }),
      endpoint: `https://app.contoso.example/scheduler/callback?cid=${scheduleId}&slot=${slot}&sig=${signature}`,
    }),
    openMcp: createOpenSession({ name: "scheduled-conversations", version: "1.2.3" }),
    batch: { size: 10, pauseMs: 0 },
    events,
    clock: { now: () => Date.now(), monotonic: () => performance.now() + ahead },
    targets: createQuietTargets(events),
    ...options,
    limits: { ...schedulerLimits, ...limits },
  });
  return {
    alarm,
    recorded: recorded as readonly AppEvent[],
    names: () => recorded.map(({ name }) => name),
    /** Everything that the operator could come to see. */
    told: () => inspect(recorded, { depth: 10, maxStringLength: null, maxArrayLength: null }),
    passTime(milliseconds: number): void {
      ahead += milliseconds;
    },
    [Symbol.asyncDispose]: () => alarm.close(),
  };
}

/** How a call failed, for the one who made it. */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    (value) => `no failure: ${String(value)}`,
    (thrown: AppError) => `${thrown.code}: ${thrown.message}`,
  );
}

/** How many requests came to a path. */
export const countOf = (requests: readonly { readonly path: string }[], path: string): number =>
  requests.filter((request) => request.path === path).length;

export const tokenPath = "/api/auth/token";
export const executePath = "/api/mcptools/execute";

/** Calls of tools, in either dialect. */
export const isCall = ({ path, body }: SeenRequest): boolean => path === executePath || body.includes('"tools/call"');
