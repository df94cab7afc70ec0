import { z } from "zod";
import { AppError } from "../kernel/errors.ts";
import { BreakerOpen } from "../resilience/breaker.ts";

/** Why there is no such secret: the vault's answer, as opposed to no answer. */
const answers = ["missing", "disabled", "empty"];

/** Whether the vault has answered, and it is the secret that is not there. */
export const hasAnswered = (failure: unknown): boolean =>
  failure instanceof AppError && answers.includes(String(failure.details.reason));

/** A failed read in our words; the vault's own are the cause. A failed sign-in stays what it is. */
export function toVaultError(name: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof BreakerOpen) return service(leftAlone, "unreachable", thrown);
  const { name: kind, statusCode: status, details } = failureSchema.parse(thrown);
  const isDisabled = details.error.innerError.code === "SecretDisabled";
  if (status === 404) return service(`There is no secret ${name} in Key Vault. Create it there.`, "missing", thrown);
  if (isDisabled) return service(`The secret ${name} is disabled or outside its dates. Enable it.`, "disabled", thrown);
  if (status === 401 || status === 403) return new AppError("AUTHENTICATION_ERROR", refused(status), {}, thrown);
  if (kind === "TimeoutError" || kind === "AbortError") return new AppError("TIMEOUT_ERROR", tooSlow, {}, thrown);
  if (status === 429) return service("Key Vault asks for fewer requests. Try again in a minute.", "busy", thrown);
  return service(status !== undefined && status >= 500 ? broken(status) : noAnswer, "unreachable", thrown);
}

const service = (message: string, reason: string, cause: unknown): AppError =>
  new AppError("SERVICE_ERROR", message, { reason }, cause);

export const emptySecret = (name: string): AppError =>
  new AppError("SERVICE_ERROR", `The secret ${name} in Key Vault is empty. Store it again.`, { reason: "empty" });

const refused = (status: number): string =>
  `Key Vault refused this app (${status}). Give its identity the role Key Vault Secrets User on the vault (a new role takes some minutes), and see that the vault's network rules admit it.`;

const leftAlone =
  "Key Vault failed several times in a row and is left alone for half a minute; nothing was sent. Try again then.";

const broken = (status: number): string =>
  `Key Vault answered with status ${status}. Try again in a minute; if it stays, see the vault's own health in Azure.`;

const tooSlow = "Key Vault did not answer in time. Check that KEYVAULT_URI can be reached from here, then try again.";

const noAnswer =
  "Key Vault gave no usable answer. Check that KEYVAULT_URI is its address and can be reached from here.";

const failureSchema = z
  .object({
    name: z.string().catch(""),
    statusCode: z.number().optional().catch(undefined),
    details: z
      .object({ error: z.object({ innerError: z.object({ code: z.string() }) }) })
      .catch({ error: { innerError: { code: "" } } }),
  })
  .catch({ name: "", statusCode: undefined, details: { error: { innerError: { code: "" } } } });
