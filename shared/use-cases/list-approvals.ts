import type { Principal } from "../access/principal.ts";
import { damageIn } from "../kernel/damage.ts";
import type { Ports } from "../protocol/ports.ts";
import type { Approval } from "../runs/approval.ts";
import type { Run } from "../runs/run.ts";
import type { Page } from "../schedule/schedule-store.ts";
import { type PageRequest, pageOf } from "./read-schedules.ts";

/**
 * What waits for the caller's decision, by schedule and run. A page may be short, even empty, and still have a next
 * cursor. One list call and one read for each.
 */
export function createListApprovals(ports: Ports) {
  return async (principal: Principal, request: PageRequest): Promise<Page<Approval>> => {
    const page = await ports.approvals.list(principal.owner, pageOf(request));
    // What has expired cannot be decided any more; its run is about to go on.
    const items = page.items.filter(({ expiresAt }) => expiresAt > ports.clock.now());
    return { ...page, items };
  };
}

/** What a run waits for, with its tool calls; undefined for a run that does not wait. One storage call for one that does. */
export function createFindApproval(ports: Ports) {
  return async ({ scheduleId, key, state, waiting }: Run): Promise<Approval | undefined> => {
    if (state !== "waiting_approval" || waiting === undefined) return undefined;
    try {
      return await ports.approvals.read({ scheduleId, key, step: waiting.step });
    } catch (thrown) {
      // The repair writes it anew from the log.
      if (damageIn(thrown) === undefined) throw thrown;
      return undefined;
    }
  };
}
