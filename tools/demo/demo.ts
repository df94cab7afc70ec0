import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connect } from "../client/connect.ts";
import { startErrorText } from "../development-host/start-error.ts";
import { startDemoApp } from "./demo-app.ts";
import type { Scenario } from "./scenario.ts";
import { approvals } from "./scenarios/approvals.ts";
import { budget } from "./scenarios/budget.ts";
import { firstRun } from "./scenarios/first-run.ts";
import { scheduler } from "./scenarios/scheduler.ts";
import { tickets } from "./scenarios/tickets.ts";
import { tools } from "./scenarios/tools.ts";

// `npm run demo`: a short story on real parts, in about half a minute and without any account.

const scenarios: Readonly<Record<string, Scenario>> = {
  "first-run": firstRun,
  tools,
  approvals,
  tickets,
  budget,
  scheduler,
};

const scenario = chooseScenario();
await scenario.check?.().catch((error: unknown) => {
  console.error(startErrorText(error));
  process.exit(1);
});
const startedAt = performance.now();
const folder = await mkdtemp(join(tmpdir(), "demo-"));
const app = await startDemoApp(say, scenario.settings(folder));
try {
  const session = await connect(new URL(app.mcpUrl), { name: "demo" });
  say(`An MCP client is connected and sees these tools: ${session.tools.map(({ name }) => name).join(", ")}.`);
  const show = (text: string) => console.log(`\n${text}\n`);
  await scenario.play({ session, folder, listBlobs: app.listBlobs, say, show });
  await session.close();
} finally {
  await app.stop();
  await rm(folder, { recursive: true });
}
// The library that runs the app keeps a server of its own open for as long as the process lives.
process.exit();

function say(text: string): void {
  console.log(`[${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s] ${text}`);
}

function chooseScenario(): Scenario {
  const name = scenarioName();
  const found = name !== undefined && Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
  if (found !== undefined) return found;
  const list = Object.entries(scenarios).map(([known, { title }]) => `  ${known.padEnd(10)} ${title}`);
  console.error([`A scenario is expected: npm run demo -- --scenario NAME. There are:`, ...list].join("\n"));
  process.exit(1);
}

/** Undefined for words that are none of the command's. */
function scenarioName(): string | undefined {
  try {
    return parseArgs({ options: { scenario: { type: "string", default: "first-run" } } }).values.scenario;
  } catch {
    return undefined;
  }
}
