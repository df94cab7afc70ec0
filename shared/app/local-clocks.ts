import { randomBytes } from "node:crypto";
import type { Sleep } from "../kernel/clock.ts";
import type { Ids } from "../kernel/ids.ts";

/** This machine's time, dice and waiting: handed in here, arguments everywhere else. */
export const localClocks = {
  localNow: () => Date.now(),
  monotonic: () => performance.now(),
};

export const sleep: Sleep = (milliseconds, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal?.addEventListener("abort", finish);
  });

/** UUID version 7 (RFC 9562, 5.7): 48 bits of milliseconds, then random. */
export const createIds = (): Ids => ({
  unique() {
    const bytes = randomBytes(16);
    bytes.writeUIntBE(Date.now(), 0, 6);
    bytes[6] = 0x70 | ((bytes[6] ?? 0) % 16);
    bytes[8] = 0x80 | ((bytes[8] ?? 0) % 64);
    const hex = bytes.toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
});
