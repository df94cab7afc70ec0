import { app as host } from "@azure/functions";
import { app, config } from "./app.ts";
import { answerWith } from "./http.ts";

/** The MCP endpoint, /mcp. GET and DELETE are registered so that they are answered 405, not 404. */
host.http("mcp", {
  route: "mcp",
  methods: ["GET", "POST", "DELETE"],
  authLevel: config.auth === "function-key" ? "function" : "anonymous",
  handler: answerWith(async (request) => {
    const response = await app.answerMcp(request, app.principal);
    void app.keepTicking();
    return response;
  }),
});
