import { z } from "zod";
import type { EventLevel } from "../kernel/events.ts";
import type { SettingReader } from "./config.ts";
import { readFlag } from "./read-flag.ts";

export interface TelemetryConfig {
  readonly connectionString: string;
  /** Of traces, 0 to 1. Metrics are never sampled. */
  readonly samplingRatio: number;
  /** The resource takes telemetry only from who signs in: the app's identity does. */
  readonly signsIn: boolean;
}

/** Where traces and metrics go; undefined when they go nowhere. */
export function readTelemetry(read: SettingReader): TelemetryConfig | undefined {
  const name = "APPLICATIONINSIGHTS_CONNECTION_STRING";
  const given = read.one<string | undefined>(name, connectionString, undefined);
  const samplingRatio = read.one("TELEMETRY_SAMPLING_RATIO", ratio, 1);
  const signsIn = read.one("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", signIn, "") !== "";
  return given === undefined ? undefined : { connectionString: given, samplingRatio, signsIn };
}

/** DEBUG=true is short for LOG_LEVEL=debug. */
export function readLogLevel(read: SettingReader): EventLevel {
  const level = read.one("LOG_LEVEL", z.enum(["debug", "info", "warning", "error"]), "info");
  return readFlag(read, "DEBUG", false) ? "debug" : level;
}

/** The exporter turns http:// into https:// in silence, and would tell of a wrong key only by sending nothing. */
const connectionString = z
  .string()
  .refine(
    (text) => z.guid().safeParse(partOf(text, "InstrumentationKey")).success,
    "the connection string of an Application Insights resource is expected, which has InstrumentationKey= and a GUID",
  )
  .refine((text) => {
    const endpoint = partOf(text, "IngestionEndpoint");
    return endpoint === undefined || (/^https:/i.test(endpoint) && URL.canParse(endpoint));
  }, "an https:// address is expected behind IngestionEndpoint=");

function partOf(text: string, name: string): string | undefined {
  const parts = text.split(";").map((part) => part.split("=").map((half) => half.trim()));
  return parts.find(([key]) => key?.toLowerCase() === name.toLowerCase())?.[1];
}

/** The host reads the same setting. Which identity signs in is the same for everything that the app does. */
const signIn = z
  .string()
  .regex(/^Authorization=AAD(;ClientId=[0-9a-f-]{36})?;?$/i, "Authorization=AAD is expected, or nothing at all");

/** The sampler works in whole percent. */
const ratio = z
  .string()
  .regex(/^(0(\.\d{1,2})?|1(\.00?)?)$/, "a number from 0 to 1 with at most two decimals is expected")
  .transform(Number);
