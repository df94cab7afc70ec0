import { type DiagLogFunction, DiagLogLevel, diag, trace } from "@opentelemetry/api";
import type { AzureMonitorOpenTelemetryOptions } from "applicationinsights";

type Credential = NonNullable<AzureMonitorOpenTelemetryOptions["azureMonitorExporterOptions"]>["credential"];

export interface AzureMonitorOptions {
  readonly connectionString: string;
  /** Of traces, 0 to 1. */
  readonly samplingRatio: number;
  /** Signs in where the key in the connection string is not enough. */
  readonly credential?: Credential;
  /** Hears what the SDK complains about: not each of its lines, one in ten minutes. */
  readonly onTrouble: (words: string) => void;
  readonly monotonic: () => number;
}

export interface Exporter {
  /** Sends the traces of what has just ended, soon and without anybody waiting for it. */
  sendSoon(): void;
  /** Sends everything there is; given up after `limitMs`. Never rejects. */
  flush(limitMs: number): Promise<void>;
}

/**
 * Sends traces and metrics to Application Insights. The package costs a third of a second and 30 MB, so it is loaded here
 * and not with the app. What the other side does not take after a few attempts within seconds is lost.
 */
export async function startAzureMonitor(options: AzureMonitorOptions): Promise<Exporter> {
  const { default: sdk } = await import("applicationinsights");
  sdk.useAzureMonitor(sdkOptions(options));
  diag.setLogger(createComplaints(options), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const { sendSoon, underWay } = createSendSoon(flushTraces, options.monotonic);
  return {
    sendSoon,
    // A flush waits only for what it sends itself.
    flush: (limitMs) => atMost(Promise.all([underWay(), sdk.flushAzureMonitor()]), limitMs),
  };
}

/**
 * Nothing is collected by itself: the host reports requests and its own figures already, and the spans of this app are
 * made by hand. Zero traces a second switches the distribution's own limit off, which lets five through and drops the
 * rest.
 */
function sdkOptions({ connectionString, samplingRatio, credential }: AzureMonitorOptions) {
  const off = { enabled: false };
  return {
    azureMonitorExporterOptions: {
      connectionString,
      // What it keeps on disk it cannot read back (1.0.0-beta.45: "time.toISOString is not a function").
      disableOfflineStorage: true,
      ...(credential === undefined ? {} : { credential }),
    },
    samplingRatio,
    tracesPerSecond: 0,
    enableLiveMetrics: false,
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
    enableAutoCollectExceptions: false,
    enableAutoCollectPerformance: false,
    instrumentationOptions: {
      http: off,
      azureSdk: off,
      mongoDb: off,
      mySql: off,
      postgreSql: off,
      redis: off,
      redis4: off,
      bunyan: off,
      winston: off,
      console: off,
    },
  } satisfies AzureMonitorOpenTelemetryOptions;
}

/** The SDK sends what has gathered every five seconds, and with each flush; more often than that helps nobody. */
const shortestPauseMs = 1000;

/** An instance may be frozen after its last invocation, and timers with it: so what has ended is sent then. */
function createSendSoon(send: () => Promise<void>, monotonic: () => number) {
  let underWay: Promise<void> | undefined;
  let sentAt = -Infinity;
  return {
    underWay: () => underWay,
    sendSoon(): void {
      if (underWay !== undefined || monotonic() - sentAt < shortestPauseMs) return;
      sentAt = monotonic();
      underWay = send()
        .catch(() => undefined)
        .finally(() => {
          underWay = undefined;
        });
    },
  };
}

async function flushTraces(): Promise<void> {
  const provider: object = trace.getTracerProvider();
  const delegate: unknown =
    "getDelegate" in provider && typeof provider.getDelegate === "function" ? provider.getDelegate() : provider;
  if (hasForceFlush(delegate)) await delegate.forceFlush();
}

const hasForceFlush = (value: unknown): value is { forceFlush(): Promise<void> } =>
  typeof value === "object" && value !== null && "forceFlush" in value;

function atMost(work: Promise<unknown>, limitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  work.catch(() => undefined).finally(resolve);
  return promise.finally(() => clearTimeout(timer));
}

/** While the other side is away the SDK complains with each attempt. */
const complaintsEveryMs = 10 * 60_000;

function createComplaints({ onTrouble, monotonic }: AzureMonitorOptions) {
  let toldAt = -Infinity;
  const complain: DiagLogFunction = (...words) => {
    if (monotonic() - toldAt < complaintsEveryMs) return;
    toldAt = monotonic();
    onTrouble(words.map(String).join(" "));
  };
  const ignore: DiagLogFunction = () => undefined;
  return { error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore };
}
