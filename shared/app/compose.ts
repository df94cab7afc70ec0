import { localPrincipal, type Principal, sharedKeyPrincipal } from "../access/principal.ts";
import { type Credential, createCredential, createTokenProvider } from "../azure/identity.ts";
import { type AzureStorage, createAzureStorage } from "../azure/storage/azure-storage.ts";
import { createConversationLog } from "../azure/storage/conversation-log.ts";
import { createDueMarkers } from "../azure/storage/due-markers.ts";
import { createHeartbeat } from "../azure/storage/heartbeat.ts";
import { createKnowledgeBlob } from "../azure/storage/knowledge-blob.ts";
import { createQuarantine } from "../azure/storage/quarantine.ts";
import { createRunQueue } from "../azure/storage/run-queue.ts";
import { createRunStore } from "../azure/storage/run-store.ts";
import { createScheduleStore } from "../azure/storage/schedule-store.ts";
import { createCatalog, instructions } from "../catalog/catalog.ts";
import { createCatalogToolbox } from "../catalog/catalog-toolbox.ts";
import type { CatalogTool } from "../catalog/tool.ts";
import { minuteMs, secondMs } from "../kernel/clock.ts";
import type { Events } from "../kernel/events.ts";
import { createKnowledgeBase } from "../knowledge/knowledge-base.ts";
import { createMcpEndpoint } from "../mcp/server/endpoint.ts";
import { serveCatalog } from "../mcp/server/serve-catalog.ts";
import type { Model } from "../model/model.ts";
import { createAzureOpenAiClient, createOpenAiCompatibleClient } from "../openai/clients.ts";
import { createOpenAiModel } from "../openai/openai-model.ts";
import type { Ports, ProtocolSettings } from "../protocol/ports.ts";
import { createRehearsalModel } from "../rehearsal/rehearsal-model.ts";
import { createCheckReadiness } from "../use-cases/check-readiness.ts";
import { createHandlePoisonedMessage } from "../use-cases/handle-poisoned-message.ts";
import { createHandleRunMessage } from "../use-cases/handle-run-message.ts";
import { createKeepTicking } from "../use-cases/keep-ticking.ts";
import { createReconcile } from "../use-cases/reconcile.ts";
import type { Config } from "./config.ts";
import { createIds, localClocks, sleep } from "./local-clocks.ts";
import { version } from "./version.ts";

/** Wires everything. Nothing is sent before the first use, so the app starts while storage is down. */
export function compose(config: Config, { events }: { readonly events: Events }) {
  const credential = createCredential({ clientId: clientIdOf(config), isLocal: config.isLocal });
  const storage = openStorage(config, credential);
  const blobs = storage.blobs(config.container);
  const ports = createPorts(config, storage, events);
  const heartbeat = createHeartbeat(blobs);
  const knowledge = createKnowledgeBase(createKnowledgeBlob(blobs));

  let catalog: readonly CatalogTool[] = [];
  const toolbox = createCatalogToolbox(() => catalog, events);
  catalog = createCatalog(ports, toolbox, knowledge, config).filter((tool) => isOffered(tool, config));

  const stopping = new AbortController();
  const engine = {
    model: createModel(config, credential, events),
    toolbox,
    isStopping: () => stopping.signal.aborted,
  };
  const served = serveCatalog(catalog, events, { version, instructions });
  return {
    version,
    principal: principals[config.auth],
    answerMcp: createMcpEndpoint(served, originRules(config), events),
    ...createKeepTicking(ports, heartbeat),
    handleRunMessage: createHandleRunMessage(ports, engine),
    handlePoisonedMessage: createHandlePoisonedMessage(ports),
    reconcile: createReconcile(ports),
    checkReadiness: createCheckReadiness(ports, heartbeat),
    /** Puts the sample knowledge base into storage; a failure only delays it to its first use. */
    prepare: knowledge.prepare,
    /** Runs end their slice at the next safe point. */
    stop: () => stopping.abort(),
  };
}

const principals: Record<Config["auth"], Principal> = { none: localPrincipal, "function-key": sharedKeyPrincipal };

function createPorts(config: Config, storage: AzureStorage, events: Events): Ports {
  const blobs = storage.blobs(config.container);
  const ids = createIds();
  return {
    schedules: createScheduleStore(blobs, ids, events),
    markers: createDueMarkers(blobs, events),
    runs: createRunStore(blobs, ids, events),
    log: createConversationLog(blobs, ids, config),
    quarantine: createQuarantine(blobs, storage.clock),
    queue: createRunQueue(storage.queue(config.runQueue)),
    clock: storage.clock,
    ids,
    sleep,
    dice: Math.random,
    events,
    settings: protocolSettings(config),
  };
}

const protocolSettings = ({ tickSeconds, dueShards, leaseSeconds }: Config): ProtocolSettings => ({
  lookAheadMs: 2 * tickSeconds * secondMs,
  dueShards,
  leaseSeconds,
  sliceMs: 8 * minuteMs,
  // Reasoning models think for minutes; beyond this a connection is more likely dead than busy.
  modelCallMs: 4 * minuteMs,
  toolCallMs: minuteMs,
  // An append blob takes 50 000 blocks, and a run reads the newest segment whole.
  segmentEvents: 1000,
  segmentBytes: 1024 * 1024,
});

function openStorage({ storage }: Config, credential: Credential): AzureStorage {
  switch (storage.kind) {
    case "connection-string":
      return createAzureStorage({ connectionString: storage.connectionString }, localClocks);
    case "account":
      return createAzureStorage({ accountName: storage.accountName, credential }, localClocks);
    case "addresses": {
      const { blobServiceUri, queueServiceUri } = storage;
      return createAzureStorage({ blobServiceUri, queueServiceUri, credential }, localClocks);
    }
  }
}

function createModel({ model }: Config, credential: Credential, events: Events): Model {
  switch (model.kind) {
    case "rehearsal":
      return createRehearsalModel();
    case "openai":
      return createOpenAiModel({ client: createOpenAiCompatibleClient(model), defaultModel: model.model, events });
    case "azure-openai": {
      const { endpoint, apiVersion, apiKey, scope, deployment } = model;
      const access = apiKey === undefined ? { tokenProvider: createTokenProvider(credential, scope) } : { apiKey };
      const client = createAzureOpenAiClient({ endpoint, apiVersion, ...access });
      return createOpenAiModel({ client, defaultModel: deployment, events });
    }
  }
}

const isOffered = ({ toolset, hints }: CatalogTool, config: Config): boolean =>
  config.toolsets.includes(toolset) && (!config.readOnly || hints.readOnlyHint);

const clientIdOf = ({ storage }: Config): string | undefined =>
  storage.kind === "connection-string" ? undefined : storage.clientId;

const originRules = ({ allowedHosts, allowedOrigins, isLocal }: Config) => ({
  hosts: allowedHosts,
  origins: allowedOrigins,
  allowLocalhost: isLocal,
});
