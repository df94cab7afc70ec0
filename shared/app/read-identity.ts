import type { Identity } from "../azure/identity.ts";
import { Secret } from "../kernel/secret.ts";
import { secureAddress } from "./address.ts";
import type { Environment, SettingReader } from "./config.ts";
import { isSet } from "./is-set.ts";
import type { SettingName } from "./settings.ts";

/**
 * Who the app is towards Azure, by where it runs. What an operator has set up (a token file, a client secret) goes
 * before what the platform offers, and the developer who is signed in counts in local work only.
 */
export function readIdentity(read: SettingReader, environment: Environment, isLocal: boolean): Identity {
  refuseTwoIds(read);
  const tokenFile = read.text("AZURE_FEDERATED_TOKEN_FILE");
  const clientSecret = read.text("AZURE_CLIENT_SECRET");
  if (tokenFile !== undefined) {
    if (clientSecret !== undefined) read.refuse("AZURE_CLIENT_SECRET", bothKinds);
    return { kind: "workload", ...readRegistration(read, "AZURE_FEDERATED_TOKEN_FILE"), tokenFile };
  }
  if (clientSecret !== undefined) {
    const registration = readRegistration(read, "AZURE_CLIENT_SECRET");
    return { kind: "service-principal", ...registration, clientSecret: new Secret(clientSecret) };
  }
  const isOffered = offersIdentity(environment);
  if (isLocal && !isOffered) return { kind: "developer", authorityHost: readAuthorityHost(read) };
  if (!isOffered) refuseHalfRegistration(read, environment);
  return { kind: "managed", clientId: read.text("AzureWebJobsStorage__clientId") ?? read.text("AZURE_CLIENT_ID") };
}

const bothKinds =
  "goes not with AZURE_FEDERATED_TOKEN_FILE: one says workload identity, the other service principal. Remove one of them.";

/** The Functions host reads the first, everything else the second: two values would be two identities. */
function refuseTwoIds(read: SettingReader): void {
  const [hosts, ours] = [read.text("AzureWebJobsStorage__clientId"), read.text("AZURE_CLIENT_ID")];
  if (hosts !== undefined && ours !== undefined && hosts.toLowerCase() !== ours.toLowerCase()) {
    read.refuse(
      "AzureWebJobsStorage__clientId",
      "contradicts AZURE_CLIENT_ID: one identity is used for everything. Remove one of them, or give both the same id.",
    );
  }
}

function readRegistration(read: SettingReader, because: SettingName) {
  const needed = (name: "AZURE_TENANT_ID" | "AZURE_CLIENT_ID"): string => {
    const value = read.text(name);
    if (value === undefined) read.refuse(name, `is missing: ${because} goes with it.`);
    return value ?? "";
  };
  return {
    tenantId: needed("AZURE_TENANT_ID"),
    clientId: needed("AZURE_CLIENT_ID"),
    authorityHost: readAuthorityHost(read),
  };
}

const readAuthorityHost = (read: SettingReader) =>
  read.one<string | undefined>("AZURE_AUTHORITY_HOST", secureAddress, undefined);

/** App Service, Functions and Container Apps set the two once an identity is assigned. */
const offersIdentity = ({ IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header }: Environment): boolean =>
  isSet(endpoint) && isSet(header);

/** Without an endpoint a tenant can only mean an application whose other half was forgotten. */
function refuseHalfRegistration(read: SettingReader, environment: Environment): void {
  if (read.text("AZURE_TENANT_ID") === undefined) return;
  if (isSet(environment.KUBERNETES_SERVICE_HOST)) {
    read.refuse(
      "AZURE_FEDERATED_TOKEN_FILE",
      "is missing: AZURE_TENANT_ID is set. AKS sets it in pods with the label azure.workload.identity/use=true.",
    );
  } else read.refuse("AZURE_CLIENT_SECRET", "is missing: AZURE_TENANT_ID is set, and goes with it.");
}
