import type { WriteRefusal } from "./blobs.ts";

/**
 * Storage's words (x-ms-error-code) and what they mean to a caller. A word that is not here is trouble and never an
 * answer. Source: "Blob service error codes" in the Azure Storage REST reference, and what Azurite 3.37 really sends.
 */

/** For what may be missing: what the caller gets then. */
export const whenAbsent = <R>(answer: R): ReadonlyMap<string, R> => new Map([["BlobNotFound", answer]]);

const holdingWords = [
  "LeaseIdMissing",
  "LeaseIdMismatchWithBlobOperation",
  "LeaseLost",
  "LeaseNotPresentWithBlobOperation",
];
const leasingWords = [
  "LeaseIdMismatchWithLeaseOperation",
  "LeaseNotPresentWithLeaseOperation",
  "LeaseIsBrokenAndCannotBeRenewed",
  "LeaseLost",
];

const all = <R>(words: readonly string[], answer: R): [string, R][] => words.map((word) => [word, answer]);

export const writeRefusals: ReadonlyMap<string, WriteRefusal> = new Map([
  ["BlobAlreadyExists", "exists"],
  ["ConditionNotMet", "mismatch"],
  ["BlobNotFound", "mismatch"],
  ...all<WriteRefusal>(holdingWords, "leased"),
]);

type RemoveAnswer = "removed" | "leased" | "mismatch";

export const removeAnswers: ReadonlyMap<string, RemoveAnswer> = new Map([
  ["BlobNotFound", "removed"],
  ["ConditionNotMet", "mismatch"],
  ...all<RemoveAnswer>(holdingWords, "leased"),
]);

export const appendAnswers: ReadonlyMap<string, "absent" | "moved"> = new Map([
  ["BlobNotFound", "absent"],
  ["AppendPositionConditionNotMet", "moved"],
]);

export const acquireAnswers: ReadonlyMap<string, "absent" | "busy"> = new Map([
  ["BlobNotFound", "absent"],
  ["LeaseAlreadyPresent", "busy"],
  ["LeaseIsBreakingAndCannotBeAcquired", "busy"],
]);

export const holdAnswers: ReadonlyMap<string, "absent" | "lost"> = new Map([
  ["BlobNotFound", "absent"],
  ...all<"absent" | "lost">(leasingWords, "lost"),
]);

export const cursorAnswers: ReadonlyMap<string, "unknown cursor"> = new Map(
  all(["InvalidQueryParameterValue", "OutOfRangeInput", "InvalidInput"], "unknown cursor"),
);
