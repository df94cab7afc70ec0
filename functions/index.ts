import { app as host } from "@azure/functions";
import { app, events } from "./app.ts";
import "./health.ts";
import "./mcp.ts";
import "./poison.ts";
import "./reconcile.ts";
import "./run.ts";
import "./scheduler-callback.ts";
import "./tick.ts";

host.setup({ enableHttpStream: true });

host.hook.appStart(() => {
  app.prepare().catch((cause: unknown) => {
    events.record({
      level: "warning",
      name: "storage.not_ready",
      message: "Storage did not answer at the start; the app goes on and tries again with each use.",
      cause,
    });
  });
});

host.hook.appTerminate(() => app.stop());
