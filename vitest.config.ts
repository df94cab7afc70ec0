import { defineConfig } from "vitest/config";

// fast: pure functions and memory storage. azurite: real storage and real SDK clients. e2e: real processes and sockets.
export default defineConfig({
  test: {
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "fast",
          // Nothing in the app keeps state in a module, so that files can share a process: half the time.
          isolate: false,
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/**/*.azurite.test.ts", "tests/**/*.e2e.test.ts"],
        },
      },
      {
        test: {
          name: "azurite",
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
          // Most of them wait for a clock or for a process: more than two go on at a time, after the busy ones.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
