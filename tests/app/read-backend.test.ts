import { describe, expect, it } from "vitest";
import { readConfig } from "../../shared/app/config.ts";

const url = "https://backend.contoso.com/v2";
const scope = "api://backend.contoso.com/.default";
const local = { AZURE_FUNCTIONS_ENVIRONMENT: "Development", AzureWebJobsStorage: "UseDevelopmentStorage=true" };
const azure = {
  AzureWebJobsStorage__accountName: "stcontoso",
  AZURE_OPENAI_ENDPOINT: "https://contoso.openai.azure.com",
  AZURE_OPENAI_DEPLOYMENT_NAME: "gpt-5-mini",
};

describe("the backend's settings", () => {
  it("name a backend, or there is none", () => {
    expect(readConfig(azure).backend).toBeUndefined();
    expect(readConfig({ ...azure, BACKEND_API_URL: url, BACKEND_API_SCOPE: scope }).backend).toEqual({
      url,
      scope,
      timeoutMs: 10_000,
      isProbed: true,
    });
  });

  it("set the limit of a request, and keep readiness from looking", () => {
    const changed = { BACKEND_API_URL: url, BACKEND_API_TIMEOUT: "3", READINESS_CHECK_BACKEND: "false" };
    expect(readConfig({ ...local, ...changed }).backend).toMatchObject({ timeoutMs: 3000, isProbed: false });
  });

  it.each([
    ["in local work", { ...local, BACKEND_API_URL: "http://127.0.0.1:8080" }],
    ["where it is said", { ...azure, BACKEND_API_URL: url, BACKEND_API_SCOPE: "none" }],
  ])("send no token %s", (_name, environment) => {
    expect(readConfig(environment).backend?.scope).toBeUndefined();
  });

  it.each<[string, object, RegExp]>([
    [
      "no scope outside local work",
      { ...azure, BACKEND_API_URL: url },
      /BACKEND_API_SCOPE is missing.*none says.*Example/,
    ],
    [
      "http outside local work",
      { ...azure, BACKEND_API_URL: "http://backend.contoso.com", BACKEND_API_SCOPE: scope },
      /BACKEND_API_URL is wrong.*https.*only for local work.*Example/,
    ],
    ["no address", { ...local, BACKEND_API_URL: "backend" }, /BACKEND_API_URL is wrong.*https/],
    ["a password in it", { ...local, BACKEND_API_URL: "https://a:b@backend.contoso.com" }, /without user name/],
    [
      "a query in it",
      { ...local, BACKEND_API_URL: "https://backend.contoso.com?code=1" },
      /without user name, password, \? and #/,
    ],
    ["no number", { ...local, BACKEND_API_TIMEOUT: "10s" }, /BACKEND_API_TIMEOUT is wrong.*1 to 50/],
    ["too long", { ...local, BACKEND_API_TIMEOUT: "51" }, /at most 50/],
    [
      "no yes or no",
      { ...local, READINESS_CHECK_BACKEND: "no" },
      /READINESS_CHECK_BACKEND is wrong.*"true" or "false"/,
    ],
  ])("stop the start with %s", (_name, environment, words) => {
    expect(() => readConfig({ ...environment })).toThrow(words);
  });

  it("repeat no password of an address that is refused", () => {
    const wrong = { ...local, BACKEND_API_URL: "https://a:s3cr3t@backend.contoso.com" };
    expect(() => readConfig(wrong)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("s3cr3t") }),
    );
  });
});
