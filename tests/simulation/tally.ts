/** What the simulation checks; each name is one promise. */
export const checkNames = [
  "I1 each slot one record",
  "I2 one commit",
  "I3 cursor covers",
  "I4 no extra calls",
  "I5 on time",
  "I6 ends visible",
  "I7 no secrets",
  "one live run",
  "max_runs",
  "usage counted once",
  "as planned",
  "catch-up policy",
  "not early",
  "log well formed",
  "log bounded",
  "segments follow",
  "ends as documented",
  "prompt well formed",
  "done once",
  "approved first",
  "one decision",
  "requests visible",
  "history once",
  "index whole",
  "all settled",
  "none untold",
  "alarm as recorded",
  "reports kept",
  "damage contained",
] as const;

export type CheckName = (typeof checkNames)[number];

export interface Broken {
  readonly check: CheckName;
  readonly text: string;
}

export type Tally = ReturnType<typeof createTally>;

/** Counts what was checked and keeps what was broken. */
export function createTally() {
  const counts = Object.fromEntries(checkNames.map((name) => [name, 0])) as Record<CheckName, number>;
  const broken: Broken[] = [];
  return {
    counts: counts as Readonly<Record<CheckName, number>>,
    broken: broken as readonly Broken[],
    /** Nothing more is kept, so nothing more has to be found. */
    isFull: () => broken.length >= mostBroken,
    /** @param text says what is wrong; only asked for when something is */
    check(name: CheckName, isKept: boolean, text: () => string): void {
      counts[name]++;
      if (!isKept && broken.length < mostBroken) broken.push({ check: name, text: text() });
    },
  };
}

/** One broken promise breaks many; the first tell enough. */
const mostBroken = 20;
