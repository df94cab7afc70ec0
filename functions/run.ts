import { app as host } from "@azure/functions";
import { runMessageSchema } from "../shared/runs/run-queue.ts";
import { app, config } from "./app.ts";

/** Executes one run for each message, or tells its owner about it; the host scales this function out by the length of the queue. */
host.storageQueue("run", {
  queueName: config.runQueue,
  connection: "AzureWebJobsStorage",
  handler: async (message) => {
    await app.handleRunMessage(runMessageSchema.parse(message));
    void app.keepTicking();
  },
});
