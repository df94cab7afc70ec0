import type { Events } from "../../kernel/events.ts";
import type { Ids } from "../../kernel/ids.ts";
import { type ApprovalReference, approvalSchema } from "../../runs/approval.ts";
import type { ApprovalStore } from "../../runs/approval-store.ts";
import type { Blobs } from "./blobs.ts";
import { allApprovalsPrefix, approvalName, approvalPrefix, parseApprovalName } from "./names.ts";
import { createRecords } from "./records.ts";
import { toStoredJson } from "./stored-json.ts";

/** Requests for approval as JSON blobs that are created once and removed. Costs and failures: see the port. */
export function createApprovalStore(blobs: Blobs, ids: Ids, events: Events): ApprovalStore {
  const records = createRecords(blobs, ids, events, { kind: "approval", schema: approvalSchema, idIn: approvalIdIn });
  return {
    async create(approval) {
      const text = toStoredJson(approvalSchema, approval);
      const { outcome } = await blobs.write(approvalName(approval), text, { condition: { ifAbsent: true } });
      return outcome === "written";
    },
    read: async (reference) => (await records.read(approvalName(reference), approvalId(reference)))?.value,
    async remove(reference) {
      await blobs.remove(approvalName(reference));
    },
    list: async (owner, page) => await records.list(approvalPrefix(owner), page),
    async listReferences(page) {
      const { blobs: listed, cursor } = await blobs.listPage({ prefix: allApprovalsPrefix, ...page });
      const items = listed.flatMap(({ name }) => parseApprovalName(name) ?? []);
      return cursor === undefined ? { items } : { items, nextCursor: cursor };
    },
  };
}

const approvalId = ({ scheduleId, key, step }: ApprovalReference): string => `${scheduleId}/${key}_${step}`;

function approvalIdIn(name: string): string | undefined {
  const reference = parseApprovalName(name);
  return reference && approvalId(reference);
}
