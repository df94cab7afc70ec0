import { createRequire } from "node:module";

const serverPath = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-filesystem/dist/index.js");

/** MCP_SERVERS with a real server from npm, `files`, which reads and writes in one folder. */
export const filesServer = (folder: string): string =>
  JSON.stringify({
    mcp_servers: [
      { name: "files", transport: { type: "stdio", command: process.execPath, args: [serverPath, folder] } },
    ],
  });
