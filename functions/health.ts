import { app as host } from "@azure/functions";
import { toIso } from "../shared/kernel/clock.ts";
import type { Dependency } from "../shared/use-cases/check-readiness.ts";
import { app } from "./app.ts";
import { answerWith } from "./http.ts";

/** The process answers. */
host.http("health-live", {
  route: "health/live",
  methods: ["GET"],
  authLevel: "anonymous",
  handler: answerWith(async () =>
    Response.json({ status: "alive", timestamp: toIso(Date.now()), service_version: app.version }),
  ),
});

/** The app can do its work: 503 takes an instance out, so only storage decides. Addresses are never shown. */
host.http("health-ready", {
  route: "health/ready",
  methods: ["GET"],
  authLevel: "anonymous",
  handler: answerWith(async () => {
    const { isReady, checkedAt, dependencies } = await app.checkReadiness();
    const entries = Object.entries(dependencies).map(([name, dependency]) => [name, viewOf(dependency)]);
    return Response.json(
      {
        status: isReady ? "ready" : "not_ready",
        timestamp: toIso(checkedAt),
        dependencies: Object.fromEntries(entries),
      },
      { status: isReady ? 200 : 503 },
    );
  }),
});

const viewOf = ({ latencyMs, since, ...dependency }: Dependency) => ({
  ...dependency,
  latency_ms: latencyMs,
  since: since === undefined ? undefined : toIso(since),
});
