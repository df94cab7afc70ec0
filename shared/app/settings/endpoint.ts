import { type Setting, setting } from "./setting.ts";

/** The MCP endpoint. */
export const endpointSettings = {
  MCP_AUTH: setting(
    "MCP_AUTH",
    "Who may call: function-key, or none (local work only).",
    "function-key",
    "function-key",
  ),
  MCP_TOOLSETS: setting(
    "MCP_TOOLSETS",
    "Groups of tools to offer: schedules, runs, approvals, conversations, knowledge, backend.",
    "all",
    "schedules,runs",
  ),
  MCP_READ_ONLY: setting("MCP_READ_ONLY", "true leaves only tools that change nothing.", "false", "false"),
  ALLOWED_HOSTS: setting(
    "ALLOWED_HOSTS",
    "Further host names under which the endpoint may be called.",
    "the app's own name",
    "mcp.contoso.com",
  ),
  ALLOWED_ORIGINS: setting(
    "ALLOWED_ORIGINS",
    "Origins whose web pages may call the endpoint.",
    "none",
    "https://contoso.com",
  ),
} as const satisfies Record<string, Setting>;
