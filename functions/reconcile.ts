import { app as host } from "@azure/functions";
import { app } from "./app.ts";

/** The hourly repair, at minute 7 in UTC: not at a full hour, when most schedules fire. */
host.timer("reconcile", {
  schedule: "0 7 * * * *",
  handler: async () => {
    await app.reconcile();
  },
});
