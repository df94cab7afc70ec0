import type { Page } from "../schedule/schedule-store.ts";
import type { Approval, ApprovalReference } from "./approval.ts";

/**
 * Requests that wait for their owner, for people to find; the run's record decides what is still to be decided. One
 * storage call each unless said otherwise; throws a SERVICE_ERROR when storage does not answer.
 */
export interface ApprovalStore {
  /** Creating one that exists is no error: whoever repeats the step writes the same. false: it was there already. */
  create(approval: Approval): Promise<boolean>;
  read(reference: ApprovalReference): Promise<Approval | undefined>;
  /** Removing one that is gone is no error. */
  remove(reference: ApprovalReference): Promise<void>;
  /** Those of one owner, by schedule and run. One list call, then one read for each; a damaged one is left out and reported. */
  list(owner: string, page: { limit: number; cursor?: string }): Promise<Page<Approval>>;
  /** Those of all owners, by their names alone. One list call. */
  listReferences(page: { limit: number; cursor?: string }): Promise<Page<ApprovalReference>>;
}
