import { z } from "zod";
import type { SecretText } from "../kernel/secret.ts";
import { type NotifyFormat, type NotifySettings, notifyFormats } from "../runs/notifier.ts";
import { address, secureAddress } from "./address.ts";
import type { SettingReader } from "./config.ts";
import { readSecretText } from "./read-secrets.ts";

export interface NotifyConfig extends NotifySettings {
  /** Standard Webhooks: whsec_ and the key in base64. */
  readonly secret: SecretText | undefined;
}

/** Where and how schedules tell what has happened. Without an address nothing is told but where a schedule names one. */
export function readNotify(read: SettingReader, isLocal: boolean): NotifyConfig {
  const format = read.one<NotifyFormat>("NOTIFY_FORMAT", z.enum(notifyFormats), "standard");
  const url = read.one<string | undefined>("NOTIFY_URL", isLocal ? address : secureAddress, undefined);
  const secret = readSecretText(read, "NOTIFY_SECRET", signingSecret);
  if (url !== undefined && format === "standard" && secret === undefined && read.text("NOTIFY_SECRET") === undefined) {
    read.refuse("NOTIFY_SECRET", "is missing: what goes to NOTIFY_URL in the format standard is signed with it.");
  }
  return { url, format, secret, takesUrls: format !== "standard" || secret !== undefined, isLocal };
}

/** The lengths that Standard Webhooks names for a key, in bytes. */
const [shortestKey, longestKey] = [24, 64];

const signingSecret = z.string().refine((text) => {
  const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const { length } = Buffer.from(base64, "base64");
  return length >= shortestKey && length <= longestKey;
}, `whsec_ and then ${shortestKey} to ${longestKey} random bytes in base64 are expected`);
