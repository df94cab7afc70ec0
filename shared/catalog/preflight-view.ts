import { z } from "zod";
import { counted, inDigits } from "../kernel/counted.ts";
import type { Preflight } from "../use-cases/preflight.ts";
import { costPart, costText, costView } from "./usage-view.ts";

const count = (description: string) => z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe(description);

export const preflightView = z.object({
  tools: z
    .array(z.object({ name: z.string(), needs_approval: z.boolean().describe("Each call waits for the person.") }))
    .describe("What a run could use if it began now."),
  servers: z
    .array(
      z.object({
        name: z.string(),
        state: z.string().describe("ready, unreachable or auth_required."),
        tools: count("Tools that it offers."),
        warnings: z.array(z.string()),
      }),
    )
    .describe("The MCP servers that tools come from."),
  notifies: z
    .string()
    .optional()
    .describe("Address that would be told what happens, without keys. Absent: nobody is told."),
  forecast: z
    .object({
      tokens_per_run: count("The median of the earlier runs."),
      runs_per_month: count("In the next 30 days."),
      tokens_per_month: count("In the next 30 days."),
      cost_per_month: costView.optional().describe("Only where the operator has given prices."),
      based_on_runs: count("Earlier runs that this rests on."),
    })
    .optional()
    .describe("Absent when no earlier run tells anything."),
});

export const viewPreflight = ({ tools, sources, tellsAt, forecast }: Preflight): z.output<typeof preflightView> => ({
  tools: tools.map(({ name, needsApproval }) => ({ name, needs_approval: needsApproval })),
  servers: sources.map(({ server, state, tools: offered, warnings }) => ({
    name: server,
    state,
    tools: offered,
    warnings: [...warnings],
  })),
  ...(tellsAt === undefined ? {} : { notifies: tellsAt }),
  ...(forecast === undefined
    ? {}
    : {
        forecast: {
          tokens_per_run: forecast.tokensPerRun,
          runs_per_month: forecast.runsPerMonth,
          tokens_per_month: forecast.tokensPerMonth,
          ...(forecast.cost === undefined ? {} : { cost_per_month: costPart(forecast.cost).cost }),
          based_on_runs: forecast.basedOnRuns,
        },
      }),
});

/** What a person should hear of it, in sentences. */
export function preflightInWords({ tools, sources, tellsAt, forecast }: Preflight): string[] {
  const asking = tools.filter(({ needsApproval }) => needsApproval).map(({ name }) => name);
  const away = sources.filter(({ state }) => state !== "ready");
  return [
    tools.length === 0 ? "Its runs have no tools." : `Its runs may use ${tools.map(({ name }) => name).join(", ")}.`,
    ...(asking.length === 0 ? [] : [`Calls of ${asking.join(", ")} wait for approval.`]),
    ...away.map(({ server, state }) =>
      state === "auth_required"
        ? `The server ${server} refuses this app's sign-in, so its tools are missing. The operator has to mend that.`
        : `The server ${server} cannot be reached, so its tools are missing. Runs go on without them until it can; the operator finds the reason in the logs.`,
    ),
    ...(tellsAt === undefined ? [] : [`What happens is told at ${tellsAt}.`]),
    ...(forecast === undefined ? [] : [forecastInWords(forecast)]),
  ];
}

function forecastInWords(forecast: NonNullable<Preflight["forecast"]>): string {
  const { tokensPerRun, runsPerMonth, tokensPerMonth, basedOnRuns } = forecast;
  const inMonth =
    runsPerMonth === 0
      ? "; none is planned in the next 30 days"
      : ` and ${inDigits(tokensPerMonth)} in 30 days (${counted(runsPerMonth, "run")})${costText(forecast.cost)}`;
  return `About ${inDigits(tokensPerRun)} tokens a run${inMonth}, going by ${counted(basedOnRuns, "earlier run")}.`;
}
