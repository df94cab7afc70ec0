import type { CallContext } from "../../catalog/tool.ts";

interface ProgressNotification {
  method: "notifications/progress";
  params: { progressToken: string | number; progress: number; message: string };
}

/**
 * Progress as notifications to the request that asked for them; undefined when it did not. Nobody knows how many steps a
 * run will take, so they are counted and have no total. A client that has gone is told nothing.
 */
export function tellProgress(
  progressToken: string | number | undefined,
  notify: (notification: ProgressNotification) => Promise<void>,
): CallContext["progress"] {
  if (progressToken === undefined) return undefined;
  let progress = 0;
  return async (message) => {
    progress++;
    const notification = { method: "notifications/progress", params: { progressToken, progress, message } } as const;
    await notify(notification).catch(() => undefined);
  };
}
