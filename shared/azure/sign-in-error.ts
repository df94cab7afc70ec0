import { z } from "zod";
import { AppError } from "../kernel/errors.ts";
import type { Identity } from "./identity.ts";

/**
 * A failed sign-in in our words. `details.reason` is `unreachable` where the same may work in a minute (no answer, too
 * many requests, a fault on their side) and `refused` where it stays until the operator acts.
 */
export function toSignInError(kind: Identity["kind"], thrown: unknown): AppError {
  if (mayPass(thrown)) return new AppError("AUTHENTICATION_ERROR", noAnswer, { reason: "unreachable" }, thrown);
  return new AppError("AUTHENTICATION_ERROR", advices[kind], { reason: "refused" }, thrown);
}

const noAnswer =
  "Signing in to Azure with the app's identity got no usable answer. Try again in a minute; if it stays, the operator finds the cause in the logs.";

const advices: Readonly<Record<Identity["kind"], string>> = {
  managed:
    "The app has no managed identity, or not the one that AZURE_CLIENT_ID or AzureWebJobsStorage__clientId names. Assign it to the app.",
  workload:
    "Entra ID refused the app's workload identity. Check AZURE_CLIENT_ID and AZURE_TENANT_ID, that the file named by AZURE_FEDERATED_TOKEN_FILE exists, and the federated credential's issuer and subject.",
  "service-principal":
    "Entra ID refused the app's service principal. Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; the secret may have expired.",
  developer: "Nobody is signed in to Azure on this machine. Run az login or azd auth login.",
};

/**
 * @azure/identity 4.14 throws CredentialUnavailableError and AuthenticationRequiredError for a refusal and for an
 * endpoint that is down alike. What tells them apart is the error of MSAL behind it: a status, or a word of its own.
 */
function mayPass(thrown: unknown): boolean {
  const { name, message, cause } = errorSchema.parse(thrown);
  if (name === "TimeoutError" || message.startsWith("endpoints_resolution_error")) return true;
  const { status, errorCode } = causeSchema.parse(cause);
  return status === undefined ? errorCode === "network_error" : !isRefusal(status);
}

/** A page of a proxy comes with status 200 and without a token. */
const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429;

const errorSchema = z
  .object({ name: z.string().catch(""), message: z.string().catch(""), cause: z.unknown().optional() })
  .catch({ name: "", message: "", cause: undefined });

const causeSchema = z
  .object({ status: z.number().optional().catch(undefined), errorCode: z.string().catch("") })
  .catch({ status: undefined, errorCode: "" });
