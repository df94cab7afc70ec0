import type { FetchImplementation, JWTVerifyGetKey } from "jose";
import { hourMs, type Instant, minuteMs, secondMs } from "../kernel/clock.ts";
import { AppError } from "../kernel/errors.ts";
import { usualRest } from "../resilience/breaker.ts";
import { onceWithin } from "../resilience/retry.ts";
import type { CallPolicy, Targets } from "../resilience/targets.ts";

export interface CallerRules {
  /** Id of the tenant that the caller signs in to. */
  readonly tenant: string;
  /** Id of our app registration, with or without `api://`. */
  readonly audience: string;
  /** The app role that the caller must have been given, for example Scheduler.Callback. */
  readonly role: string;
  /** Where the tenant signs in, and where its keys are; https://login.microsoftonline.us in Azure Government. */
  readonly login?: string;
  /** Who issues tokens of version 1; https://sts.chinacloudapi.cn in Azure China. */
  readonly tokenService?: string;
  readonly now: () => Instant;
  readonly targets: Targets;
}

/** `problem` is for the operator, never for the caller: what is wrong, without anything of the token. */
export type CallerVerdict = { readonly isProven: true } | { readonly isProven: false; readonly problem: string };

/** Seconds by which clocks may differ. */
const clockTolerance = 60;

/** How often Entra's documentation advises to look; a key that is not known yet is looked for at once. */
const keysKeptMs = 24 * hourMs;

/** The library waits this long for them, and asks once. */
const keysLimitMs = 5 * secondMs;

const policy: CallPolicy = {
  retry: onceWithin(keysLimitMs),
  breaker: usualRest,
};

/** Tokens with made-up key ids make us ask for keys no more often than this. */
const keysCooldownMs = minuteMs;

/**
 * Looks at access tokens of Entra ID, versions 1 and 2. The library is loaded with the first token, the tenant's keys
 * are fetched with the first one that looks right.
 * @returns a function that throws AppError SERVICE_ERROR when the keys cannot be had
 */
export function createCallerVerifier(rules: CallerRules): (token: string) => Promise<CallerVerdict> {
  let loaded: ReturnType<typeof load> | undefined;
  return async (token) => {
    loaded ??= load(rules);
    const { jwtVerify, errors, getKey } = await loaded;
    try {
      const currentDate = new Date(rules.now());
      const { payload } = await jwtVerify(token, getKey, { ...expectedOf(rules), clockTolerance, currentDate });
      const hasRole = Array.isArray(payload.roles) && payload.roles.includes(rules.role);
      return hasRole ? { isProven: true } : { isProven: false, problem: "the role is missing" };
    } catch (thrown) {
      if (!(thrown instanceof errors.JOSEError)) throw thrown;
      const claim = "claim" in thrown && thrown.claim !== "unspecified" ? ` ${thrown.claim}` : "";
      return { isProven: false, problem: `${thrown.code}${claim}` };
    }
  };
}

const publicLogin = "https://login.microsoftonline.com";
const publicTokenService = "https://sts.windows.net";

/** An algorithm that the token itself chose would let it be signed with the public key, or not at all. */
function expectedOf({ tenant, audience, login = publicLogin, tokenService = publicTokenService }: CallerRules) {
  const id = audience.replace(/^api:\/\//, "");
  return {
    algorithms: ["RS256"],
    issuer: [`${login}/${tenant}/v2.0`, `${tokenService}/${tenant}/`],
    audience: [id, `api://${id}`],
    requiredClaims: ["exp"],
  };
}

async function load({ tenant, login = publicLogin, targets }: CallerRules) {
  const { jwtVerify, createRemoteJWKSet, customFetch, errors } = await import("jose");
  const target = targets.open("caller_keys", policy, { isUnwell: () => true });
  const fetchKeys: FetchImplementation = (url, options) =>
    target.call("keys", async ({ signal, headers }) => {
      const response = await fetch(url, {
        ...options,
        headers: [...options.headers, ...Object.entries(headers)],
        // The library's own ends the body, too, which it reads later.
        signal: AbortSignal.any([options.signal, signal]),
      });
      if (response.status !== 200) throw new Error(`HTTP ${response.status} instead of keys`);
      return response;
    });
  const fetchKey = createRemoteJWKSet(new URL(`${login}/${tenant}/discovery/v2.0/keys`), {
    cacheMaxAge: keysKeptMs,
    cooldownDuration: keysCooldownMs,
    timeoutDuration: keysLimitMs,
    [customFetch]: fetchKeys,
  });
  const getKey: JWTVerifyGetKey = async (header, token) => {
    try {
      return await fetchKey(header, token);
    } catch (thrown) {
      const isAnswer = thrown instanceof errors.JWKSNoMatchingKey || thrown instanceof errors.JWKSMultipleMatchingKeys;
      if (isAnswer) throw thrown;
      throw new AppError("SERVICE_ERROR", "The keys of the caller's tenant cannot be had.", {}, thrown);
    }
  };
  return { jwtVerify, errors, getKey };
}
