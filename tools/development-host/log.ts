import type { Level } from "./contract.ts";

export type Log = (level: Level, message: string) => void;

const levels: Level[] = ["trace", "debug", "information", "warning", "error", "critical", "none"];

/** A log that prints `[ISO time] message` for every message of at least the level `minimum`. */
export function createLog(minimum: Level): Log {
  return (level, message) => {
    if (minimum === "none" || levels.indexOf(level) < levels.indexOf(minimum)) return;
    console.log(`[${new Date().toISOString()}] ${message}`);
  };
}

/** The text to log for something that was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
