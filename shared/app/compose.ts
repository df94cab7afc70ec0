import { localPrincipal, type Principal, sharedKeyPrincipal } from "../access/principal.ts";
import { type AppCredential, type Credential, createCredential, createTokenProvider } from "../azure/identity.ts";
import { createApprovalStore } from "../azure/storage/approval-store.ts";
import { type AzureStorage, createAzureStorage } from "../azure/storage/azure-storage.ts";
import { createConversationLog } from "../azure/storage/conversation-log.ts";
import { createDueMarkers } from "../azure/storage/due-markers.ts";
import { createHeartbeat } from "../azure/storage/heartbeat.ts";
import { createKnowledgeBlob } from "../azure/storage/knowledge-blob.ts";
import { createQuarantine } from "../azure/storage/quarantine.ts";
import { createRunQueue } from "../azure/storage/run-queue.ts";
import { createRunStore } from "../azure/storage/run-store.ts";
import { createScheduleStore } from "../azure/storage/schedule-store.ts";
import { createVault, openVault, readerOf, type SecretReader } from "../azure/vault.ts";
import { createBackend, type RestBackend } from "../backend/backend.ts";
import { createBackendTools } from "../catalog/backend-tools.ts";
import { createCatalog, instructionsFor } from "../catalog/catalog.ts";
import { createCatalogToolbox } from "../catalog/catalog-toolbox.ts";
import { createPrompts, createResources } from "../catalog/resources-and-prompts.ts";
import type { CatalogTool } from "../catalog/tool.ts";
import type { Events } from "../kernel/events.ts";
import { createKnowledgeBase } from "../knowledge/knowledge-base.ts";
import { createMcpToolbox, type McpToolbox } from "../mcp/client/mcp-toolbox.ts";
import { createMcpEndpoint } from "../mcp/server/endpoint.ts";
import { serveCatalog } from "../mcp/server/serve-catalog.ts";
import type { Model } from "../model/model.ts";
import { createAzureOpenAiClient, createOpenAiCompatibleClient } from "../openai/clients.ts";
import { createOpenAiModel } from "../openai/openai-model.ts";
import type { Ports } from "../protocol/ports.ts";
import { createRehearsalModel } from "../rehearsal/rehearsal-model.ts";
import { refuseOldTls } from "../resilience/modern-tls.ts";
import type { RetryRules } from "../resilience/retry.ts";
import { createTargets, type Targets } from "../resilience/targets.ts";
import { createCallbackEndpoint } from "../scheduler/callback-endpoint.ts";
import { createOpenTelemetry, type OpenTelemetry } from "../telemetry/open-telemetry.ts";
import { withCallSpans } from "../telemetry/with-tool-spans.ts";
import { withTraceContext } from "../telemetry/with-trace-context.ts";
import { joinToolboxes } from "../tools/join-toolboxes.ts";
import { createCheckReadiness } from "../use-cases/check-readiness.ts";
import { createHandlePoisonedMessage } from "../use-cases/handle-poisoned-message.ts";
import { createHandleRunMessage } from "../use-cases/handle-run-message.ts";
import { createKeepTicking } from "../use-cases/keep-ticking.ts";
import { createReconcile } from "../use-cases/reconcile.ts";
import { createTakeCallback } from "../use-cases/take-callback.ts";
import { createNotifier } from "../webhooks/notifier.ts";
import type { Config } from "./config.ts";
import { createIds, localClocks, sleep } from "./local-clocks.ts";
import { observedModel, observedToolbox, withinItsTrace } from "./observed.ts";
import { openScheduler, proofSources, type Surroundings } from "./open-scheduler.ts";
import { protocolSettings } from "./protocol-settings.ts";
import { version } from "./version.ts";
import { probeRules, watchedIn } from "./watched.ts";

export interface ComposeOptions {
  readonly events: Events;
  /** Who the app is towards Azure; without it, as configured. */
  readonly credential?: AppCredential;
  /** Without it nothing is measured. */
  readonly telemetry?: OpenTelemetry;
}

/** Wires everything. Nothing is sent before the first use, so the app starts while storage is down. */
export function compose(
  config: Config,
  {
    events,
    credential = createCredential(config.identity, { events }),
    telemetry = createOpenTelemetry({ hostReportsRequests: false }),
  }: ComposeOptions,
) {
  refuseOldTls();
  const storage = openStorage(config, credential, telemetry.countOperation);
  const blobs = storage.blobs(config.container);
  const targets = createTargets({ events, telemetry, random: Math.random });
  const vault = createVault(config.secrets, (url) => openVault(url, credential), { events, targets, ...localClocks });
  const readSecret = vault.read;
  const surroundings = { credential, readSecret, clock: storage.clock, events, targets };
  const alarm = openScheduler(config.scheduler, surroundings);
  const ports: Ports = {
    ...createPorts(config, storage, { events, telemetry, targets, reader: readerOf(readSecret) }),
    alarm,
  };
  const heartbeat = createHeartbeat(blobs);
  const knowledge = createKnowledgeBase(createKnowledgeBlob(blobs));

  let catalog: readonly CatalogTool[] = [];
  const servers = connectServers(config, surroundings);
  const toolbox = joinToolboxes(
    createCatalogToolbox(() => catalog, events),
    servers,
  );
  const backend = openBackend(config.backend, surroundings);
  catalog = [...createCatalog(ports, toolbox, knowledge, config), ...createBackendTools(backend, ports.ids)].filter(
    (tool) => isOffered(tool, config),
  );

  const stopping = new AbortController();
  const engine = {
    model: observedModel(createModel(config, surroundings), config, { events, telemetry }),
    toolbox: observedToolbox(toolbox, config, { events, telemetry }),
    isStopping: () => stopping.signal.aborted,
  };
  const watched = watchedIn(config, { credential, vault, targets, alarm, backend });
  const probed = createHeartbeat(
    openStorage(config, credential, telemetry.countOperation, probeRules).blobs(config.container),
  );
  const served = serveCatalog(
    { tools: catalog, resources: createResources(ports), prompts: createPrompts(ports) },
    events,
    { version, instructions: instructionsFor(catalog) },
  );
  return {
    version,
    principal: principals[config.auth],
    answerMcp: createMcpEndpoint(
      { ...served, call: withCallSpans(served.call, telemetry) },
      originRules(config),
      events,
    ),
    ...createKeepTicking(ports, heartbeat),
    answerCallback: createCallbackEndpoint({
      takeCallback: createTakeCallback(ports),
      ...proofSources(config.scheduler, surroundings),
    }),
    handleRunMessage: withinItsTrace(createHandleRunMessage(ports, engine), telemetry),
    handlePoisonedMessage: createHandlePoisonedMessage(ports),
    reconcile: createReconcile(ports),
    checkReadiness: createCheckReadiness(ports, probed, watched),
    /** Puts the sample knowledge base into storage; a failure only delays it to its first use. */
    prepare: knowledge.prepare,
    /** Runs end their slice at the next safe point; connections to tool servers are closed, and their programs end. */
    stop: async () => {
      stopping.abort();
      await Promise.all([servers.close(), alarm?.close()]);
    },
  };
}

const principals: Record<Config["auth"], Principal> = { none: localPrincipal, "function-key": sharedKeyPrincipal };

function createPorts(
  config: Config,
  storage: AzureStorage,
  {
    events,
    telemetry,
    targets,
    reader,
  }: Required<Omit<ComposeOptions, "credential">> & { readonly targets: Targets; readonly reader: SecretReader },
): Ports {
  const { isLocal, secret: notifySecret } = config.notify;
  const blobs = storage.blobs(config.container);
  const ids = createIds();
  return {
    schedules: createScheduleStore(blobs, ids, events),
    markers: createDueMarkers(blobs, events),
    runs: createRunStore(blobs, ids, events),
    approvals: createApprovalStore(blobs, ids, events),
    log: createConversationLog(blobs, ids, config),
    quarantine: createQuarantine(blobs, storage.clock),
    queue: withTraceContext(createRunQueue(storage.queue(config.runQueue)), telemetry),
    notifier: createNotifier({ isLocal, readSecret: notifySecret && reader(notifySecret), events, targets }),
    clock: storage.clock,
    ids,
    sleep,
    dice: Math.random,
    events,
    telemetry,
    settings: protocolSettings(config),
  };
}

function openStorage(
  { storage }: Config,
  credential: Credential,
  onOperation: () => void,
  retryRules?: RetryRules,
): AzureStorage {
  const options = { ...localClocks, onOperation, ...(retryRules !== undefined && { retryRules }) };
  switch (storage.kind) {
    case "connection-string":
      return createAzureStorage({ connectionString: storage.connectionString.open() }, options);
    case "account":
      return createAzureStorage({ accountName: storage.accountName, credential }, options);
    case "addresses": {
      const { blobServiceUri, queueServiceUri } = storage;
      return createAzureStorage({ blobServiceUri, queueServiceUri, credential }, options);
    }
  }
}

function createModel({ model }: Config, { credential, readSecret, events, targets }: Surroundings): Model {
  const reader = readerOf(readSecret);
  switch (model.kind) {
    case "rehearsal":
      return createRehearsalModel();
    case "openai":
      return createOpenAiModel({
        client: createOpenAiCompatibleClient({ baseUrl: model.baseUrl, readKey: model.apiKey && reader(model.apiKey) }),
        defaultModel: model.model,
        events,
        targets,
      });
    case "azure-openai": {
      const { endpoint, apiVersion, apiKey, scope, deployment } = model;
      const access =
        apiKey === undefined ? { tokenProvider: createTokenProvider(credential, scope) } : { readKey: reader(apiKey) };
      const client = createAzureOpenAiClient({ endpoint, apiVersion, ...access });
      return createOpenAiModel({ client, defaultModel: deployment, events, targets });
    }
  }
}

function openBackend(config: Config["backend"], { credential, targets }: Surroundings): RestBackend | undefined {
  if (config === undefined) return undefined;
  const { url, scope, timeoutMs } = config;
  const token = scope === undefined ? undefined : createTokenProvider(credential, scope);
  return createBackend({ url, timeoutMs, token, targets });
}

/** Nothing is opened before the first look at the tools. */
function connectServers({ mcpServers }: Config, { credential, readSecret, events, targets }: Surroundings): McpToolbox {
  const signIn = {
    identityToken: (scope: string) => createTokenProvider(credential, scope)(),
    readSecret,
    monotonic: localClocks.monotonic,
  };
  return createMcpToolbox(mcpServers, {
    info: { name: "scheduled-conversations", version },
    signIn,
    sleep,
    events,
    targets,
  });
}

const isOffered = ({ toolset, hints }: CatalogTool, config: Config): boolean =>
  config.toolsets.includes(toolset) && (!config.readOnly || hints.readOnlyHint);

const originRules = ({ allowedHosts, allowedOrigins, isLocal }: Config) => ({
  hosts: allowedHosts,
  origins: allowedOrigins,
  allowLocalhost: isLocal,
});
