import { alarmMutants } from "./alarm-mutants.ts";
import { approvalMutants } from "./approval-mutants.ts";
import { damageMutants } from "./damage-mutants.ts";
import { decisionMutants } from "./decision-mutants.ts";
import { environmentMutants } from "./environment-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { notificationMutants } from "./notification-mutants.ts";
import { storageMutants } from "./storage-mutants.ts";

const mutants: Readonly<Record<string, Mutant>> = {
  ...decisionMutants,
  ...storageMutants,
  ...environmentMutants,
  ...damageMutants,
  ...approvalMutants,
  ...notificationMutants,
  ...alarmMutants,
};

export const mutantNames = Object.keys(mutants);

/** @throws Error for a name that no mutant has, with those that there are. */
export function mutantNamed(name: string | undefined): Mutant | undefined {
  if (name === undefined) return undefined;
  const mutant = mutants[name];
  if (mutant === undefined) throw new Error(`There is no mutant "${name}". Planted can be: ${mutantNames.join(", ")}.`);
  return mutant;
}
