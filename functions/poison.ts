import { app as host } from "@azure/functions";
import { runMessageSchema } from "../shared/runs/run-queue.ts";
import { app, config, events } from "./app.ts";

/** Messages that failed as often as host.json allows: made visible as failed runs, never dropped silently. */
host.storageQueue("poison", {
  queueName: `${config.runQueue}-poison`,
  connection: "AzureWebJobsStorage",
  handler: async (message) => {
    const parsed = runMessageSchema.safeParse(message);
    if (parsed.success) return app.handlePoisonedMessage(parsed.data);
    events.record({
      level: "error",
      name: "queue.unreadable",
      message: "A message that is none of ours was dropped from the queue.",
      cause: parsed.error,
    });
  },
});
