import { describe, expect, it } from "vitest";
import { readConfig } from "../../shared/app/config.ts";
import { settings } from "../../shared/app/settings.ts";

const local = { AZURE_FUNCTIONS_ENVIRONMENT: "Development", AzureWebJobsStorage: "UseDevelopmentStorage=true" };
const key = "InstrumentationKey=00000000-0000-0000-0000-000000000001";

const telemetryWith = (environment: Record<string, string>) => readConfig({ ...local, ...environment }).telemetry;

describe("where traces and metrics go", () => {
  it("is nowhere without a connection string", () => {
    expect(telemetryWith({ TELEMETRY_SAMPLING_RATIO: "0.5" })).toBeUndefined();
  });

  it("is the resource, with everything and its key unless said otherwise", () => {
    expect(telemetryWith({ APPLICATIONINSIGHTS_CONNECTION_STRING: key })).toEqual({
      connectionString: key,
      samplingRatio: 1,
      signsIn: false,
    });
    const clientId = "00000000-0000-0000-0000-000000000002";
    expect(
      telemetryWith({
        APPLICATIONINSIGHTS_CONNECTION_STRING: `${key};IngestionEndpoint=https://contoso.com/;LiveEndpoint=x`,
        TELEMETRY_SAMPLING_RATIO: "0.25",
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `Authorization=AAD;ClientId=${clientId}`,
      }),
    ).toMatchObject({ samplingRatio: 0.25, signsIn: true });
  });

  it.each([
    ["APPLICATIONINSIGHTS_CONNECTION_STRING", "00000000-0000-0000-0000-000000000001"],
    ["APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=mine"],
    ["APPLICATIONINSIGHTS_CONNECTION_STRING", `${key};IngestionEndpoint=http://127.0.0.1:1/`],
    ["APPLICATIONINSIGHTS_CONNECTION_STRING", `${key};IngestionEndpoint=contoso`],
    ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "aad"],
    ["TELEMETRY_SAMPLING_RATIO", "2"],
    ["TELEMETRY_SAMPLING_RATIO", "-1"],
    ["TELEMETRY_SAMPLING_RATIO", "0.001"],
    ["TELEMETRY_SAMPLING_RATIO", "50%"],
    ["DEBUG", "yes"],
    ["LOG_CONTENT", "1"],
  ] as const)("stops the start, with an example and without the value: %s=%s", (name, value) => {
    const start = () => readConfig({ ...local, [name]: value });
    expect(start).toThrow(new RegExp(`- ${name} is wrong: .* Example: ${name}=`));
    expect(start).not.toThrow(`${name}=${value}`);
    expect(() => readConfig({ ...local, [name]: settings[name].example })).not.toThrow();
  });
});

describe("the level of the log", () => {
  it("is debug with DEBUG=true, whatever LOG_LEVEL says", () => {
    expect(readConfig({ ...local, DEBUG: "true", LOG_LEVEL: "error" }).logLevel).toBe("debug");
    expect(readConfig({ ...local, DEBUG: "false", LOG_LEVEL: "error" }).logLevel).toBe("error");
  });
});
