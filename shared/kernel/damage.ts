import { AppError } from "./errors.ts";

const mendedKinds = ["schedule", "run", "approval", "conversation head", "conversation segment"] as const;

/**
 * A stored blob that cannot be read. `id` is `<schedule>/<key>` of a run, `<schedule>/<key>_<step>` of an approval and
 * `<conversation>/<number>` of a segment.
 */
export interface Damage {
  readonly kind: (typeof mendedKinds)[number];
  readonly id: string;
}

/** What a blob is and whose. The heartbeat needs no mending: the next tick overwrites it. */
export interface BlobLabel {
  readonly kind: Damage["kind"] | "heartbeat";
  readonly id: string;
}

/** What readers of such a blob throw: it is never taken for an absent one. */
export const damaged = ({ kind, id }: BlobLabel, cause: unknown): AppError =>
  new AppError(
    "INTERNAL_ERROR",
    `The stored ${kind} ${id} is damaged and cannot be read. The operator can restore or remove its blob.`,
    { kind, id, reason: "damaged" },
    cause,
  );

/** The damage that an error speaks of and that can be mended, or undefined for any other error. */
export function damageIn(thrown: unknown): Damage | undefined {
  if (!(thrown instanceof AppError) || thrown.details.reason !== "damaged") return undefined;
  const { id } = thrown.details;
  const kind = mendedKinds.find((known) => known === thrown.details.kind);
  return kind === undefined || typeof id !== "string" ? undefined : { kind, id };
}

/** What stands before and after the slash of an id. */
export function partsOf({ id }: Damage): { readonly whole: string; readonly part: string } {
  const [whole = "", part = ""] = id.split("/");
  return { whole, part };
}

/** `held`: somebody works under a lease on it. `gone`: it has been moved, restored or replaced meanwhile. */
export type MovedAside =
  | { readonly outcome: "moved"; readonly to: string }
  | { readonly outcome: "held" }
  | { readonly outcome: "gone" };

/** Puts what cannot be read out of the way, byte for byte, so that the rest goes on and a person can look at it. */
export interface Quarantine {
  /**
   * Copies the blob and removes it, unless it can be read after all or was written by a later version of this app.
   * Three storage calls. Safe to repeat: a copy that exists is not made again, and none is overwritten.
   */
  moveAside(damage: Damage): Promise<MovedAside>;
}
