import { describe, expect, it } from "vitest";
import { type Environment, readConfig } from "../../shared/app/config.ts";
import type { Identity } from "../../shared/azure/identity.ts";
import { secretOf } from "../support/secret-of.ts";
import { problemsOf } from "./problems-of.ts";

const tenantId = "11111111-2222-4333-8444-555555555555";
const clientId = "66666666-7777-4888-8999-aaaaaaaaaaaa";
const tokenFile = "/var/run/secrets/azure/tokens/azure-identity-token";

const app: Environment = {
  AZURE_OPENAI_ENDPOINT: "https://contoso.openai.azure.com",
  AZURE_OPENAI_DEPLOYMENT_NAME: "gpt-5-mini",
  AzureWebJobsStorage__accountName: "stcontoso",
};
const endpoint: Environment = { IDENTITY_ENDPOINT: "http://127.0.0.1:41000/msi/token", IDENTITY_HEADER: "h" };

/** What the platforms set by themselves. */
const functions: Environment = { ...app, WEBSITE_SITE_NAME: "func-contoso", ...endpoint };
const containerApps: Environment = { ...app, CONTAINER_APP_NAME: "ca-contoso", ...endpoint };
const pod: Environment = { ...app, KUBERNETES_SERVICE_HOST: "10.0.0.1" };
const aks: Environment = {
  ...pod,
  AZURE_CLIENT_ID: clientId,
  AZURE_TENANT_ID: tenantId,
  AZURE_FEDERATED_TOKEN_FILE: tokenFile,
  AZURE_AUTHORITY_HOST: "https://login.microsoftonline.com/",
};
const elsewhere: Environment = {
  ...app,
  AZURE_TENANT_ID: tenantId,
  AZURE_CLIENT_ID: clientId,
  AZURE_CLIENT_SECRET: "s3cr3t",
};
const local: Environment = {
  AZURE_FUNCTIONS_ENVIRONMENT: "Development",
  AzureWebJobsStorage: "UseDevelopmentStorage=true",
};

const authorityHost = undefined;
const developer = { kind: "developer", authorityHost } as const;
const managed = { kind: "managed", clientId: undefined } as const;
const workload = { kind: "workload", tenantId, clientId, tokenFile, authorityHost: aks.AZURE_AUTHORITY_HOST } as const;
const principal = {
  kind: "service-principal",
  tenantId,
  clientId,
  clientSecret: secretOf("s3cr3t"),
  authorityHost,
} as const;

describe("who the app is", () => {
  it.each<[string, Environment, Identity]>([
    ["Functions", functions, managed],
    ["Functions, user-assigned", { ...functions, AZURE_CLIENT_ID: clientId }, { ...managed, clientId }],
    [
      "Functions, user-assigned as its host is told",
      { ...functions, AzureWebJobsStorage__clientId: clientId, AzureWebJobsStorage__credential: "managedidentity" },
      { ...managed, clientId },
    ],
    [
      "Functions, the same id twice",
      { ...functions, AzureWebJobsStorage__clientId: clientId.toUpperCase(), AZURE_CLIENT_ID: clientId },
      { ...managed, clientId: clientId.toUpperCase() },
    ],
    ["Functions where a tenant is set as well", { ...functions, AZURE_TENANT_ID: tenantId }, managed],
    ["Functions with the local mark copied along", { ...functions, ...local }, managed],
    ["Functions without an endpoint", { ...app, WEBSITE_SITE_NAME: "func-contoso" }, managed],
    ["Container Apps", containerApps, managed],
    ["Container Apps, user-assigned", { ...containerApps, AZURE_CLIENT_ID: clientId }, { ...managed, clientId }],
    ["AKS with workload identity", aks, workload],
    ["AKS with the local mark copied along", { ...aks, AZURE_FUNCTIONS_ENVIRONMENT: "Development" }, workload],
    ["AKS with the identity of its node", { ...pod, AZURE_CLIENT_ID: clientId }, { ...managed, clientId }],
    ["a virtual machine", app, managed],
    ["elsewhere", elsewhere, principal],
    [
      "elsewhere, in a sovereign cloud",
      { ...elsewhere, AZURE_AUTHORITY_HOST: "https://login.microsoftonline.us" },
      { ...principal, authorityHost: "https://login.microsoftonline.us" },
    ],
    ["Functions, where an operator has set a service principal", { ...elsewhere, ...functions }, principal],
    ["this machine", local, developer],
    ["this machine, with a tenant for the tools", { ...local, AZURE_TENANT_ID: tenantId }, developer],
    [
      "this machine, in a sovereign cloud",
      { ...local, AZURE_AUTHORITY_HOST: "https://login.microsoftonline.us" },
      { ...developer, authorityHost: "https://login.microsoftonline.us" },
    ],
    ["this machine, with a service principal", { ...local, ...elsewhere }, principal],
    ["this machine, with an identity endpoint", { ...local, ...endpoint }, managed],
    ["this machine, with half an endpoint", { ...local, IDENTITY_ENDPOINT: "http://x" }, developer],
  ])("%s", (_where, environment, identity) => {
    expect(readConfig(environment).identity).toEqual(identity);
  });

  it.each<[string, Environment, string[]]>([
    ["a token file alone", { ...pod, AZURE_FEDERATED_TOKEN_FILE: tokenFile }, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"]],
    ["a token file without a tenant", { ...aks, AZURE_TENANT_ID: " " }, ["AZURE_TENANT_ID"]],
    ["a token file without a client", { ...aks, AZURE_CLIENT_ID: "" }, ["AZURE_CLIENT_ID"]],
    ["a token file and a client secret", { ...aks, AZURE_CLIENT_SECRET: "s3cr3t" }, ["AZURE_CLIENT_SECRET"]],
    ["a pod that lost its token file", { ...aks, AZURE_FEDERATED_TOKEN_FILE: "" }, ["AZURE_FEDERATED_TOKEN_FILE"]],
    ["a client secret alone", { ...app, AZURE_CLIENT_SECRET: "s3cr3t" }, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"]],
    ["a client secret without a tenant", { ...elsewhere, AZURE_TENANT_ID: "" }, ["AZURE_TENANT_ID"]],
    ["a client without its secret", { ...elsewhere, AZURE_CLIENT_SECRET: "" }, ["AZURE_CLIENT_SECRET"]],
    [
      "a client secret alone, locally",
      { ...local, AZURE_CLIENT_SECRET: "s3cr3t" },
      ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"],
    ],
    [
      "two ids",
      { ...functions, AzureWebJobsStorage__clientId: clientId, AZURE_CLIENT_ID: tenantId },
      ["AzureWebJobsStorage__clientId"],
    ],
    [
      "an open authority",
      { ...elsewhere, AZURE_AUTHORITY_HOST: "http://login.fabrikam.com" },
      ["AZURE_AUTHORITY_HOST"],
    ],
  ])("is not guessed from %s: the start stops with the setting", (_what, environment, names) => {
    const problems = problemsOf(environment);
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual(names);
    for (const problem of problems) expect(problem).toMatch(/ Example: \w+=\S+/);
    expect(problems.join()).not.toContain("s3cr3t");
  });
});

describe("local work", () => {
  const mark = { ...app, AZURE_FUNCTIONS_ENVIRONMENT: "Development" };

  it.each([
    ["what npm start and the development host set", { ...mark, WEBSITE_HOSTNAME: "localhost:7071" }],
    ["a dev container", { ...mark, REMOTE_CONTAINERS: "true", CODESPACES: "true" }],
    ["a platform's variable that is empty", { ...mark, WEBSITE_SITE_NAME: "", KUBERNETES_SERVICE_HOST: " " }],
  ])("is %s", (_what, environment) => {
    expect(readConfig(environment).isLocal).toBe(true);
  });

  it.each([
    ["without the mark", app],
    ["in Functions", { ...mark, WEBSITE_SITE_NAME: "func-contoso" }],
    ["in Container Apps", { ...mark, CONTAINER_APP_NAME: "ca-contoso" }],
    ["in a pod", { ...mark, KUBERNETES_SERVICE_HOST: "10.0.0.1" }],
  ])("is not believed %s, and nothing that it allows is", (_where, environment) => {
    expect(readConfig(environment).isLocal).toBe(false);
    const program = { mcp_servers: [{ name: "files", transport: { type: "stdio", command: "x" } }] };
    const open = { MCP_AUTH: "none", NOTIFY_URL: "http://127.0.0.1:1", MCP_SERVERS: JSON.stringify(program) };
    const names = problemsOf({ ...environment, ...open, NOTIFY_FORMAT: "slack" }).map(
      (problem) => problem.split(" ")[0],
    );
    expect(names.toSorted()).toEqual(["MCP_AUTH", "MCP_SERVERS", "NOTIFY_URL"]);
  });
});
