import { appendFileSync } from "node:fs";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { createToolServer, text } from "./tool-server.ts";

/**
 * A program with tools for the tests of stdio. Its argument says how it behaves: well in both eras, `modern` only in
 * the newest, or badly. However badly, it never outlives the tests.
 */
const manner = process.argv[2] ?? "well";

// The server's SDK keeps on swallowing the errors of an output that nobody reads any more.
process.stdout.on("error", () => process.exit(1));
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 500).unref();

if (manner === "crash") {
  console.error("There is no configuration file.");
  process.exit(3);
}
if (manner === "babble") process.stdout.write("Welcome to the tools!\n".repeat(100));
if (manner === "flood") void flood();
// After the flood has begun: who reads this number has read from the output, too.
if (process.env.PID_FILE !== undefined) appendFileSync(process.env.PID_FILE, `${process.pid}\n`);
if (manner === "deaf") setInterval(() => {}, 1000);
else if (manner === "refusing") refuse();
else serveStdio(() => createToolServer(() => tools), { legacy: manner === "modern" ? "reject" : "serve" });
if (manner === "stubborn" || manner === "refusing") {
  // Neither the end of its input nor a polite signal ends it.
  process.on("SIGTERM", () => {});
  setInterval(() => {}, 1000);
}

const tools = [
  { name: "pid", answer: () => text(String(process.pid)) },
  { name: "die", answer: () => process.exit(1) },
  { name: "environment", answer: () => text(Object.keys(process.env).sort().join(" ")) },
  { name: "endless", answer: () => flood() },
];

/** A message without end, whether or not anybody still asks for something. */
function flood(): Promise<never> {
  const write = () => process.stdout.write("x".repeat(2 ** 20));
  write();
  setInterval(write, 16);
  return new Promise(() => {});
}

/** Turns down whatever it is asked. */
function refuse(): void {
  process.stdin.on("data", (line) => {
    const { id } = JSON.parse(line.toString()) as { id: number };
    const error = { code: -32603, message: "Not today." };
    process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, error })}\n`);
  });
}
