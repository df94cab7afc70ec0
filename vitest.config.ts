import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The simulations take longest and give way to everything else: begun first, they use what the others leave. */
class SimulationsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isFirst = ({ moduleId }: TestSpecification) => /\/simulation\/[\w-]+\.e2e\.test\.ts$/.test(moduleId);
    return [...sorted.filter(isFirst), ...sorted.filter((file) => !isFirst(file))];
  }
}

// fast: pure functions and memory storage. azurite: real storage and real SDK clients. e2e: real processes and sockets.
export default defineConfig({
  test: {
    maxWorkers: "100%",
    sequence: { sequencer: SimulationsFirst },
    projects: [
      {
        test: {
          name: "fast",
          // Nothing in the app keeps state in a module, so that files can share a process: half the time.
          isolate: false,
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/**/*.azurite.test.ts", "tests/**/*.e2e.test.ts"],
          // Nothing here waits for a clock: on a busy machine it only takes longer.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "azurite",
          isolate: false,
          include: ["tests/**/*.azurite.test.ts"],
          globalSetup: ["tests/support/azurite-global.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["tests/**/*.e2e.test.ts"],
          globalSetup: ["tests/support/azurite-global.ts", "tests/support/packaged-app-global.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Most of them wait for a clock or for a process: more than two go on at a time, beside the simulations.
          maxWorkers: 7,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
