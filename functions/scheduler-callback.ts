import { app as host } from "@azure/functions";
import { app } from "./app.ts";
import { answerWith } from "./http.ts";

/**
 * Where an external Scheduler calls back. The caller proves itself in one of three ways that no key of the host could
 * replace. The other methods are registered so that they are answered 405, not 404.
 */
host.http("scheduler-callback", {
  route: "scheduler/callback",
  methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
  authLevel: "anonymous",
  handler: answerWith(async (request) => {
    const response = await app.answerCallback(request);
    // A caller who proved nothing moves nothing.
    if (response.ok) void app.keepTicking();
    return response;
  }),
});
