import type { Principal } from "../../access/principal.ts";
import type { Complete } from "../../catalog/resource.ts";

export interface CompletionRequest {
  readonly argument: string;
  readonly typed: string;
  readonly principal: Principal;
}

export interface Completion {
  completion: { values: string[]; total?: number; hasMore?: boolean };
  [extension: string]: unknown;
}

/** As many suggestions as the protocol lets one answer hold. */
const maximumValues = 100;

/** An argument without suggestions has none, which is no error. */
export async function completed(
  complete: Complete | undefined,
  typed: string,
  principal: Principal,
): Promise<Completion> {
  const values = (await complete?.(typed, principal)) ?? [];
  return {
    completion: {
      values: values.slice(0, maximumValues),
      total: values.length,
      hasMore: values.length > maximumValues,
    },
  };
}
