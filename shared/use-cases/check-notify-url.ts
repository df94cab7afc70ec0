import { invalid } from "../kernel/errors.ts";
import type { NotifySettings } from "../runs/notifier.ts";

/** VALIDATION_ERROR for an address that can never be told. What its name leads to is checked with each delivery. */
export function checkNotifyUrl(url: string | undefined, { takesUrls, isLocal }: NotifySettings): void {
  if (url === undefined) return;
  const problem = takesUrls ? problemOf(url, isLocal) : unsigned;
  if (problem !== undefined) throw invalid(problem, { field: "notify_url" });
}

const unsigned =
  "notify_url cannot be used here: what is sent there has to be signed, and the operator has given no key (NOTIFY_SECRET). Leave it out.";

function problemOf(text: string, isLocal: boolean): string | undefined {
  const example = "Pass an address such as https://hooks.contoso.com/reports.";
  if (!URL.canParse(text)) return `notify_url is no address. ${example}`;
  const { protocol, username, password } = new URL(text);
  if (protocol !== "https:" && !(isLocal && protocol === "http:")) {
    return `notify_url has to begin with https://. ${example}`;
  }
  const hasSignIn = username !== "" || password !== "";
  return hasSignIn ? "notify_url must not hold a user name or password; what is sent is signed instead." : undefined;
}
