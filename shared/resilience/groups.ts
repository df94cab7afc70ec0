import PQueue from "p-queue";

export interface GroupRules {
  /** Calls that begin together, and the most that are under way at the same time. */
  readonly size: number;
  /** From the beginning of one group to the beginning of the next. */
  readonly pauseMs: number;
}

export interface Groups {
  /** @throws the signal's reason, in the line or under way; what it was turned away with; what the operation throws */
  run<T>(operation: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Sends away all that stand in line; what is under way goes on. */
  turnAway(reason: Error): void;
}

/** Lets calls begin in groups, in the order in which they came. */
export function createGroups({ size, pauseMs }: GroupRules): Groups {
  const line = new PQueue({ concurrency: size, intervalCap: size, interval: pauseMs });
  let reason: Error | undefined;
  return {
    async run(operation, signal) {
      let isUnderWay = false;
      try {
        return await line.add(
          () => {
            isUnderWay = true;
            return operation();
          },
          { signal },
        );
      } catch (thrown) {
        throw isUnderWay || signal.aborted ? thrown : (reason ?? thrown);
      }
    },
    turnAway(why) {
      reason = why;
      line.clear();
    },
  };
}
