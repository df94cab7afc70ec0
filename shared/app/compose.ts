import { localPrincipal, type Principal, sharedKeyPrincipal } from "../access/principal.ts";
import { type Credential, createCredential, createTokenProvider } from "../azure/identity.ts";
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
import { createReadSecret, openVault } from "../azure/vault.ts";
import { createCatalog, instructions } from "../catalog/catalog.ts";
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
import { createCallbackEndpoint } from "../scheduler/callback-endpoint.ts";
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
import { openScheduler, proofSources, type Surroundings } from "./open-scheduler.ts";
import { protocolSettings } from "./protocol-settings.ts";
import { version } from "./version.ts";

/** Wires everything. Nothing is sent before the first use, so the app starts while storage is down. */
export function compose(config: Config, { events }: { readonly events: Events }) {
  const credential = createCredential({ clientId: clientIdOf(config), isLocal: config.isLocal });
  const storage = openStorage(config, credential);
  const blobs = storage.blobs(config.container);
  const readSecret = createReadSecret(config.secrets, (url) => openVault(url, credential), localClocks.monotonic);
  const surroundings = { credential, readSecret, clock: storage.clock, events };
  const alarm = openScheduler(config.scheduler, surroundings);
  const ports: Ports = { ...createPorts(config, storage, events), alarm };
  const heartbeat = createHeartbeat(blobs);
  const knowledge = createKnowledgeBase(createKnowledgeBlob(blobs));

  let catalog: readonly CatalogTool[] = [];
  const servers = connectServers(config, surroundings);
  const toolbox = joinToolboxes(
    createCatalogToolbox(() => catalog, events),
    servers,
  );
  catalog = createCatalog(ports, toolbox, knowledge, config).filter((tool) => isOffered(tool, config));

  const stopping = new AbortController();
  const engine = {
    model: createModel(config, credential, events),
    toolbox,
    isStopping: () => stopping.signal.aborted,
  };
  const served = serveCatalog(
    { tools: catalog, resources: createResources(ports), prompts: createPrompts(ports) },
    events,
    { version, instructions },
  );
  return {
    version,
    principal: principals[config.auth],
    answerMcp: createMcpEndpoint(served, originRules(config), events),
    ...createKeepTicking(ports, heartbeat),
    answerCallback: createCallbackEndpoint({
      takeCallback: createTakeCallback(ports),
      ...proofSources(config.scheduler, surroundings),
    }),
    handleRunMessage: createHandleRunMessage(ports, engine),
    handlePoisonedMessage: createHandlePoisonedMessage(ports),
    reconcile: createReconcile(ports),
    checkReadiness: createCheckReadiness(ports, heartbeat),
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

function createPorts(config: Config, storage: AzureStorage, events: Events): Ports {
  const blobs = storage.blobs(config.container);
  const ids = createIds();
  return {
    schedules: createScheduleStore(blobs, ids, events),
    markers: createDueMarkers(blobs, events),
    runs: createRunStore(blobs, ids, events),
    approvals: createApprovalStore(blobs, ids, events),
    log: createConversationLog(blobs, ids, config),
    quarantine: createQuarantine(blobs, storage.clock),
    queue: createRunQueue(storage.queue(config.runQueue)),
    notifier: createNotifier({ ...config.notify, events }),
    clock: storage.clock,
    ids,
    sleep,
    dice: Math.random,
    events,
    settings: protocolSettings(config),
  };
}

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

/** Nothing is opened before the first look at the tools. */
function connectServers({ mcpServers }: Config, { credential, readSecret, events }: Surroundings): McpToolbox {
  const signIn = {
    identityToken: (scope: string) => createTokenProvider(credential, scope)(),
    readSecret,
    monotonic: localClocks.monotonic,
  };
  return createMcpToolbox(mcpServers, { info: { name: "scheduled-conversations", version }, signIn, sleep, events });
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
