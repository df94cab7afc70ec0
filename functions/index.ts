import { app as host } from "@azure/functions";
import { app, events, exporter, telemetry } from "./app.ts";
import "./health.ts";
import "./mcp.ts";
import "./poison.ts";
import "./reconcile.ts";
import "./run.ts";
import "./scheduler-callback.ts";
import "./tick.ts";

/** The platform grants seconds for the end, and runs need most of them. */
const flushMs = 2000;

host.setup({
  enableHttpStream: true,
  // The host leaves what the worker reports itself to the worker, or everything would be there twice.
  ...(exporter === undefined ? {} : { capabilities: { WorkerOpenTelemetryEnabled: true } }),
});

// By hand: the instrumentation package patches modules as they are loaded, and a bundle loads none.
host.hook.preInvocation((invocation) => {
  const { functionHandler, invocationContext } = invocation;
  const handle: typeof functionHandler = (...inputs) =>
    telemetry.within(invocationContext.traceContext?.traceParent, () => functionHandler(...inputs));
  invocation.functionHandler = handle;
});

let isStopping = false;

host.hook.postInvocation(() => (isStopping ? exporter?.flush(flushMs) : exporter?.sendSoon()));

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

host.hook.appTerminate(async () => {
  isStopping = true;
  await app.stop();
  await exporter?.flush(flushMs);
});
