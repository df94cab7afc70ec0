import { localPrincipal, type Principal } from "../../shared/access/principal.ts";
import { createKnowledgeBlob } from "../../shared/azure/storage/knowledge-blob.ts";
import type { Backend } from "../../shared/catalog/backend.ts";
import { createBackendTools } from "../../shared/catalog/backend-tools.ts";
import { createCatalog, instructionsFor } from "../../shared/catalog/catalog.ts";
import { createCatalogToolbox } from "../../shared/catalog/catalog-toolbox.ts";
import { createPrompts, createResources } from "../../shared/catalog/resources-and-prompts.ts";
import type { CatalogTool } from "../../shared/catalog/tool.ts";
import type { ErrorEnvelope } from "../../shared/kernel/errors.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import { createKnowledgeBase } from "../../shared/knowledge/knowledge-base.ts";
import { type ServedCatalog, serveCatalog } from "../../shared/mcp/server/serve-catalog.ts";
import type { Ports, ProtocolSettings } from "../../shared/protocol/ports.ts";
import { createRehearsalModel } from "../../shared/rehearsal/rehearsal-model.ts";
import type { Notifier } from "../../shared/runs/notifier.ts";
import { runMessageSchema } from "../../shared/runs/run-queue.ts";
import type { Toolbox } from "../../shared/tools/toolbox.ts";
import { createHandleRunMessage } from "../../shared/use-cases/handle-run-message.ts";
import type { MemoryBlobs } from "../support/memory-blobs.ts";
import { createMemoryPorts, type Intercept } from "../support/memory-ports.ts";

export interface MemoryAppOptions {
  /** Stands between the stores and the storage, for faults. */
  readonly intercept?: Intercept;
  readonly minimumIntervalSeconds?: number;
  readonly settings?: Partial<ProtocolSettings>;
  /** Takes what owners are told; without, a receiver that is always there. */
  readonly notifier?: Notifier;
  /** What tools and runs see as the toolbox. */
  readonly bendToolbox?: (toolbox: Toolbox) => Toolbox;
  /** Tools that are not served, as when MCP_TOOLSETS leaves their group out. */
  readonly without?: readonly string[];
  /** Without it there are no tools of its group. */
  readonly backend?: Backend;
  /** Served beside our own tools. */
  readonly furtherTools?: readonly CatalogTool[];
}

/** A tool's answer as a client sees it. */
export interface ToolAnswer {
  readonly text: string;
  /** Absent from errors. */
  readonly structured: Readonly<Record<string, unknown>> | undefined;
  /** Absent from answers that are no error. */
  readonly error: ErrorEnvelope | undefined;
}

export interface MemoryApp {
  readonly catalog: readonly CatalogTool[];
  readonly toolbox: Toolbox;
  readonly served: ServedCatalog;
  readonly ports: Ports;
  readonly blobs: MemoryBlobs;
  readonly recorded: readonly AppEvent[];
  /** Storage calls since the last look, as `kind name`. */
  takeStorageCalls(): string[];
  passTime(milliseconds: number): void;
  /** Executes what waits in the queue by now, with the rehearsal model. */
  workQueue(): Promise<void>;
  /** Calls a tool as the endpoint does. */
  call(name: string, input?: unknown, principal?: Principal): Promise<ToolAnswer>;
}

/** A Friday morning, 10:00 in Berlin. */
export const startOfTime = Date.parse("2026-11-20T09:00:00Z");

/** Between two looks at a run; a run's own limits are longer. */
const longestPauseMs = 2000;

/** The real catalog on the real use cases and stores; only the storage is memory, and time passes when a test says so. */
export function createMemoryApp(options: MemoryAppOptions = {}): MemoryApp {
  const {
    minimumIntervalSeconds = 60,
    furtherTools = [],
    without = [],
    bendToolbox = (straight) => straight,
  } = options;
  let now = startOfTime;
  const clock = { now: () => now, monotonic: () => now };
  const { intercept, takeStorageCalls } = counting(options.intercept ?? (async (_operation, perform) => perform()));
  /** Whoever looks again and again makes time pass, and somebody works meanwhile. */
  const sleep: Ports["sleep"] = async (milliseconds, signal) => {
    if (milliseconds > longestPauseMs) return untilAborted(milliseconds, signal);
    now += milliseconds;
    await workQueue();
  };
  const { ports, blobs, messages, recorded } = createMemoryPorts({
    notifier: options.notifier,
    clock,
    sleep,
    intercept,
    settings: options.settings,
  });

  let catalog: readonly CatalogTool[] = [];
  const toolbox = bendToolbox(createCatalogToolbox(() => catalog, ports.events));
  const knowledge = createKnowledgeBase(createKnowledgeBlob(blobs));
  catalog = [
    ...createCatalog(ports, toolbox, knowledge, { minimumIntervalSeconds }),
    ...createBackendTools(options.backend, ports.ids),
    ...furtherTools,
  ];
  const handle = createHandleRunMessage(ports, { model: createRehearsalModel(), toolbox, isStopping: () => false });
  async function workQueue(): Promise<void> {
    for (let next = messages.take(); next !== undefined; next = messages.take()) {
      await handle(runMessageSchema.parse(JSON.parse(next.text)));
    }
  }

  const served = serveCatalog(
    {
      tools: catalog.filter(({ name }) => !without.includes(name)),
      resources: createResources(ports),
      prompts: createPrompts(ports),
    },
    ports.events,
    { version: "1.2.3", instructions: instructionsFor(catalog) },
  );
  return {
    catalog,
    toolbox,
    served,
    ports,
    blobs,
    recorded,
    takeStorageCalls,
    passTime: (milliseconds) => {
      now += milliseconds;
    },
    workQueue,
    call: (name, input, principal = localPrincipal) => callServed(served, name, input, principal),
  };
}

function counting(inner: Intercept) {
  const calls: string[] = [];
  const intercept: Intercept = (operation, perform) => {
    calls.push(`${operation.kind} ${operation.name}`);
    return inner(operation, perform);
  };
  return { intercept, takeStorageCalls: () => calls.splice(0) };
}

const untilAborted: Ports["sleep"] = (_milliseconds, signal) =>
  new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));

async function callServed(
  served: ServedCatalog,
  name: string,
  input: unknown,
  principal: Principal,
): Promise<ToolAnswer> {
  const { signal } = new AbortController();
  const result = await served.call({ name, arguments: input, principal, signal });
  const [{ text }] = result.content;
  return {
    text,
    structured: result.structuredContent,
    error: result.isError === true ? (JSON.parse(text) as ErrorEnvelope) : undefined,
  };
}
