import { appendFileSync } from "node:fs";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { createToolServer, text } from "./tool-server.ts";

/**
 * A program with tools for the tests of stdio. Its argument says how it behaves: well in both eras, `modern` only in
 * the newest, or badly.
 */
const manner = process.argv[2] ?? "well";

if (process.env.PID_FILE !== undefined) appendFileSync(process.env.PID_FILE, `${process.pid}\n`);

if (manner === "crash") {
  console.error("There is no configuration file.");
  process.exit(3);
}
if (manner === "babble") process.stdout.write("Welcome to the tools!\n".repeat(100));
if (manner === "flood") setInterval(() => process.stdout.write("x".repeat(65_536)), 1);
if (manner === "deaf") setInterval(() => {}, 1000);
else serveStdio(() => createToolServer(() => tools), { legacy: manner === "modern" ? "reject" : "serve" });
if (manner === "stubborn") {
  // Neither the end of its input nor a polite signal ends it.
  process.on("SIGTERM", () => {});
  setInterval(() => {}, 1000);
}

const tools = [
  { name: "pid", answer: () => text(String(process.pid)) },
  { name: "die", answer: () => process.exit(1) },
  { name: "environment", answer: () => text(Object.keys(process.env).sort().join(" ")) },
];
