import { app as host } from "@azure/functions";
import { app, config } from "./app.ts";

/** Messages that failed as often as host.json allows: made visible as failed runs, never dropped silently. */
host.storageQueue("poison", {
  queueName: `${config.runQueue}-poison`,
  connection: "AzureWebJobsStorage",
  handler: (message) => app.handlePoisonedMessage(message),
});
