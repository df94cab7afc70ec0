import { describe, expect, it } from "vitest";
import { toLogText } from "../../shared/telemetry/log-text.ts";

describe("secrets in a cause are not written", () => {
  it.each([
    "DefaultEndpointsProtocol=https;AccountName=stcontoso;AccountKey=s3cr3tKey+/==;EndpointSuffix=core.windows.net",
    "BlobEndpoint=https://stcontoso;SharedAccessSignature=sv=2024&sig=s3cr3tKey%3D",
    "GET https://stcontoso.blob.core.windows.net/c/b?sv=2024-11-04&sp=r&sig=s3cr3tKey%3D&se=2027 failed",
    "https://func-contoso.azurewebsites.net/mcp?code=s3cr3tKey==",
    "https://contoso.example/?api_key=s3cr3tKey",
    "https://contoso.example/?a=1&token=s3cr3tKey",
    "Authorization: Bearer s3cr3tKey.abc-def_ghi",
    "authorization: bearer s3cr3tKey",
    '{"authorization":"Bearer s3cr3tKey"}',
    "Authorization: SharedKey stcontoso:s3cr3tKey=",
    "x-functions-key: s3cr3tKey",
    '{"x-functions-key":"s3cr3tKey"}',
    "api-key: s3cr3tKey",
    "'api-key': 's3cr3tKey'",
    "AZURE_OPENAI_API_KEY=s3cr3tKey",
    "client_secret=s3cr3tKey&grant_type=client_credentials",
    "AZURE_CLIENT_SECRET: s3cr3tKey",
  ])("%s", (text) => {
    expect(toLogText(new Error(text))).not.toContain("s3cr3tKey");
    expect(toLogText(text)).toContain("[secret]");
    expect(toLogText(new Error("outer", { cause: new Error(text) }))).not.toContain("s3cr3tKey");
  });

  it("and what an operator needs stays", () => {
    const text = "GET https://stcontoso.blob.core.windows.net/c/b?sv=2024&sig=abc&se=2027 answered 403";
    expect(toLogText(text)).toBe(
      "GET https://stcontoso.blob.core.windows.net/c/b?sv=2024&sig=[secret]&se=2027 answered 403",
    );
  });

  it("a secret at the place where a long text is cut is not half there", () => {
    expect(toLogText(`${"x".repeat(7990)} AccountKey=s3cr3tKey`)).not.toContain("s3c");
  });
});
