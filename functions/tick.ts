import { app as host } from "@azure/functions";
import { app, config } from "./app.ts";

/** Dispatches what is due. The schedule is the host's own six-field form, in UTC. */
host.timer("tick", {
  schedule: config.tickSeconds === 60 ? "0 * * * * *" : `*/${config.tickSeconds} * * * * *`,
  handler: async () => {
    await app.dispatchDue();
  },
});
