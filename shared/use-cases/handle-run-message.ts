import { settleAlarm } from "../protocol/arm.ts";
import { executeRun } from "../protocol/execute-run.ts";
import { deliverNotices } from "../protocol/notify.ts";
import type { Ports } from "../protocol/ports.ts";
import { busyDelayMs } from "../protocol/run-session.ts";
import type { Engine } from "../protocol/run-work.ts";
import { despiteDamage } from "../protocol/set-aside.ts";
import { startRun } from "../protocol/start-run.ts";
import { runId } from "../runs/run.ts";
import type { RunMessage } from "../runs/run-queue.ts";

/** Decisions about one message before it is given back: each one more means that somebody else wrote at that moment. */
const maximumDecisions = 40;

/**
 * Does what a message about a run asks for: most often runs it, else tells its owner about it. Returning normally consumes the message; a throw
 * gives it back to the queue. A message that comes too often, too early or too late changes nothing. A damaged blob on
 * the way is set aside.
 */
export function createHandleRunMessage(ports: Ports, engine: Engine) {
  return async (message: RunMessage): Promise<void> => {
    for (let attempt = 0; attempt < maximumDecisions; attempt++) {
      const end = await despiteDamage(ports, { run: message }, async () => {
        if (message.notify === true) return deliverNotices(ports, message);
        if (message.arm === true) return settleAlarm(ports, message);
        const decision = await startRun(ports, message, attempt);
        return decision.kind === "execute" ? await executeRun(ports, engine, decision.admitted) : decision.kind;
      });
      if (end === "done") return;
      if (end === "later") return ports.queue.enqueue(message, busyDelayMs);
    }
    throw new Error(`Run ${runId(message)} changed with every attempt to start it.`);
  };
}
