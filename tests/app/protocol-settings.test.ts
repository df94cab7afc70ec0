import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../shared/app/config.ts";
import { protocolSettings } from "../../shared/app/protocol-settings.ts";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";

const local = { AZURE_FUNCTIONS_ENVIRONMENT: "Development", AzureWebJobsStorage: "UseDevelopmentStorage=true" };
const host: { functionTimeout: string } = JSON.parse(readFileSync("host.json", "utf8"));

describe("the time that a slice of a run may take", () => {
  it("leaves the longest call that begins at its end enough of the host's own limit, and half a minute to spare", () => {
    const { sliceMs, modelCallMs, toolCallMs } = protocolSettings(readConfig(local));
    const [hours = 0, minutes = 0, seconds = 0] = host.functionTimeout.split(":").map(Number);
    const hostMs = ((hours * 60 + minutes) * 60 + seconds) * secondMs;
    expect(sliceMs + Math.max(modelCallMs, toolCallMs) + minuteMs / 2).toBeLessThanOrEqual(hostMs);
  });
});
