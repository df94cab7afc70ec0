import { describe, expect, it } from "vitest";
import { readConfig } from "../../shared/app/config.ts";
import { testSecret } from "../support/receiver.ts";
import { secretOf } from "../support/secret-of.ts";

const azure = {
  AzureWebJobsStorage__accountName: "stcontoso",
  AZURE_OPENAI_ENDPOINT: "https://contoso.openai.azure.com",
  AZURE_OPENAI_DEPLOYMENT_NAME: "gpt-5-mini",
};
const local = { AZURE_FUNCTIONS_ENVIRONMENT: "Development", AzureWebJobsStorage: "UseDevelopmentStorage=true" };
const url = "https://hooks.contoso.com/x";

describe("notifications of the deployment", () => {
  it("go nowhere by themselves, and schedules can name no address that nothing could be signed for", () => {
    expect(readConfig(azure).notify).toEqual({
      url: undefined,
      format: "standard",
      secret: undefined,
      takesUrls: false,
      isLocal: false,
    });
  });

  it.each([
    {
      settings: { NOTIFY_URL: url, NOTIFY_SECRET: testSecret },
      notify: { url, secret: { value: secretOf(testSecret) }, takesUrls: true },
    },
    { settings: { NOTIFY_SECRET: testSecret }, notify: { url: undefined, takesUrls: true } },
    { settings: { NOTIFY_URL: url, NOTIFY_FORMAT: "slack" }, notify: { url, format: "slack", takesUrls: true } },
    { settings: { NOTIFY_FORMAT: "teams" }, notify: { format: "teams", secret: undefined, takesUrls: true } },
  ])("are set by $settings", ({ settings, notify }) => {
    expect(readConfig({ ...azure, ...settings }).notify).toMatchObject(notify);
  });

  it("may go to http:// in local work only", () => {
    const open = { NOTIFY_URL: "http://127.0.0.1:9000/hook", NOTIFY_SECRET: testSecret };
    expect(readConfig({ ...local, ...open }).notify).toMatchObject({ url: open.NOTIFY_URL, isLocal: true });
    expect(() => readConfig({ ...azure, ...open })).toThrow(/NOTIFY_URL is wrong: .*https:\/\//);
  });

  it.each([
    { NOTIFY_URL: "hooks.contoso.com" },
    { NOTIFY_URL: url },
    { NOTIFY_FORMAT: "discord" },
    { NOTIFY_SECRET: "topsecret" },
    { NOTIFY_SECRET: `whsec_${Buffer.from("topsecret but short").toString("base64")}` },
    { NOTIFY_SECRET: `whsec_${Buffer.from("topsecret ".repeat(7)).toString("base64")}` },
  ])("are refused at the start, without repeating a secret: %j", (settings) => {
    const start = () => readConfig({ ...azure, ...settings });
    expect(start).toThrow(/NOTIFY_(URL|FORMAT|SECRET) is (wrong|missing): .* Example: NOTIFY_/);
    expect(start).not.toThrow(/topsecret|dG9wc2Vjc/);
  });
});
