import { parseArgs } from "node:util";
import {
  checkCallback,
  checkCatalog,
  checkCleanUp,
  checkFire,
  checkLive,
  checkReady,
  checkSchedule,
  checkTranscript,
} from "./checks.ts";
import { openDeployment } from "./deployment.ts";
import { describeChecks, runChecks } from "./run-checks.ts";

// npm run smoke -- URL: one conversation from plan to clean-up on an app that runs already. MCP_KEY holds a function key,
// MCP_TOKEN a bearer token, SCHEDULER_CALLBACK_KEY the key that signs callback addresses, where the app has them.

const url = readUrl();
const deployment = openDeployment(url, {
  key: process.env.MCP_KEY || undefined,
  token: process.env.MCP_TOKEN || undefined,
  callbackKey: process.env.SCHEDULER_CALLBACK_KEY?.split(/\s+/)[0] || undefined,
});
console.log(`Smoke test of ${url.origin}${url.pathname.replace(/\/$/, "")}\n`);
const results = await runChecks(
  [
    { name: "alive", check: checkLive },
    { name: "ready", check: checkReady },
    { name: "tools", check: checkCatalog },
    { name: "schedule", check: checkSchedule },
    { name: "callback", check: checkCallback },
    { name: "fire", check: checkFire },
    { name: "transcript", check: checkTranscript },
    { name: "clean-up", check: checkCleanUp, always: true },
  ],
  deployment,
  (line) => console.log(line),
);
await deployment.close();
console.log(`\n${describeChecks(results)}`);
process.exit(results.some(({ outcome }) => outcome === "FAILED") ? 1 : 0);

/** The app's address, or that of its MCP endpoint. */
function readUrl(): URL {
  try {
    const { positionals } = parseArgs({ allowPositionals: true });
    const [text = "", ...more] = positionals;
    const found = new URL(text);
    if (more.length === 0 && /^https?:$/.test(found.protocol)) {
      found.pathname = found.pathname.replace(/\/mcp\/?$/, "/");
      return found;
    }
  } catch {
    // Said below.
  }
  console.error("The address of an app is expected: npm run smoke -- http://127.0.0.1:7071");
  process.exit(2);
}
