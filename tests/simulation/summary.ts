import type { Played } from "./play.ts";
import { type Broken, type CheckName, checkNames } from "./tally.ts";

/** What a number of worlds came to. */
export interface Summary {
  readonly seeds: number;
  readonly slots: number;
  readonly operations: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly checks: Readonly<Partial<Record<CheckName, number>>>;
  readonly failed: readonly { readonly seed: number; readonly broken: readonly Broken[] }[];
}

export const nothingYet: Summary = { seeds: 0, slots: 0, operations: 0, faults: {}, checks: {}, failed: [] };

export const withPlayed = (summary: Summary, { seed, slots, operations, faults, checks, broken }: Played): Summary =>
  added(summary, { seeds: 1, slots, operations, faults, checks, failed: broken.length > 0 ? [{ seed, broken }] : [] });

export const added = (left: Summary, right: Summary): Summary => ({
  seeds: left.seeds + right.seeds,
  slots: left.slots + right.slots,
  operations: left.operations + right.operations,
  faults: summed(left.faults, right.faults),
  checks: summed(left.checks, right.checks),
  failed: [...left.failed, ...right.failed],
});

const summed = (left: Record<string, number>, right: Record<string, number>): Record<string, number> => {
  const names = [...Object.keys(left), ...Object.keys(right)];
  return Object.fromEntries(names.map((name) => [name, (left[name] ?? 0) + (right[name] ?? 0)]));
};

/** The table that a person reads. */
export function describe(summary: Summary, seconds: number): string {
  const { seeds, slots, operations, faults, checks } = summary;
  const all = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const rows: [string, number | string][] = [
    ["worlds (seeds)", seeds],
    ["slots with a record", slots],
    ["storage, model and tool calls", operations],
    ["faults", all],
    ...Object.entries(faults)
      .sort()
      .map(([kind, count]): [string, number] => [`  ${kind.replaceAll("_", " ")}`, count]),
    ...checkNames.map((name): [string, number] => [`checked: ${name}`, checks[name] ?? 0]),
    ["worlds with a broken promise", summary.failed.length],
    ["seconds", seconds.toFixed(1)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(34)}${value.toLocaleString("en").padStart(14)}`).join("\n");
}
