import { type Setting, secret, setting } from "./setting.ts";

/** What runs may use, and who is told. */
export const connectedSettings = {
  MCP_SERVERS: secret(
    setting(
      "MCP_SERVERS",
      "MCP servers whose tools runs may use, as JSON; docs/toolbox.md has every field.",
      "none",
      '{"mcp_servers":[{"name":"docs","transport":{"type":"http","url":"https://mcp.contoso.com/mcp"}}]}',
    ),
  ),
  BACKEND_API_URL: setting(
    "BACKEND_API_URL",
    "REST API behind the tools for users, tickets and datasets; docs/backend.md.",
    "those tools are absent; npm start: a sample",
    "https://backend.contoso.com",
  ),
  BACKEND_API_SCOPE: setting(
    "BACKEND_API_SCOPE",
    "Scope of the identity's token for the backend, or none, which sends no token.",
    "needed with BACKEND_API_URL; none in local work",
    "api://backend.contoso.com/.default",
  ),
  BACKEND_API_TIMEOUT: setting(
    "BACKEND_API_TIMEOUT",
    "Seconds that the backend has for one request, 1 to 50. What only reads is tried three times.",
    "10",
    "10",
  ),
  READINESS_CHECK_BACKEND: setting(
    "READINESS_CHECK_BACKEND",
    "false leaves the backend out of what /health/ready looks at.",
    "true",
    "true",
  ),
  NOTIFY_URL: secret(
    setting(
      "NOTIFY_URL",
      "Where schedules tell what has happened that name no notify_url of their own.",
      "nothing is told",
      "https://hooks.contoso.com/conversations",
    ),
  ),
  NOTIFY_FORMAT: setting(
    "NOTIFY_FORMAT",
    "Of all notifications: standard (Standard Webhooks, signed), teams or slack.",
    "standard",
    "standard",
  ),
  NOTIFY_SECRET: secret(
    setting(
      "NOTIFY_SECRET",
      "Key that signs notifications: whsec_ and 24 to 64 random bytes in base64. The format standard needs it.",
      "",
      "whsec_PHB1dCAzMiByYW5kb20gYnl0ZXMgaGVyZT4=",
    ),
  ),
} as const satisfies Record<string, Setting>;
