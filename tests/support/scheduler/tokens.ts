import { randomUUID } from "node:crypto";
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Instant } from "../../../shared/kernel/clock.ts";

export interface Tokens {
  issue(clientId: string): Promise<{ readonly token: string; readonly expiresIn: number }>;
  /** The WWW-Authenticate words of a refusal, or undefined when the bearer may pass. */
  refusal(authorization: string | null): Promise<string | undefined>;
  /** Whose token it is, when it would pass. */
  ownerOf(token: string): Promise<string | undefined>;
  /** No token from before passes any more. */
  forget(): void;
}

export interface TokenOptions {
  readonly lifeSeconds: number;
  readonly signingKey: string | undefined;
  readonly now: () => Instant;
}

const issuer = "scheduler";

/** An expired token passes for so long: the service allows that much difference between clocks. */
const skewSeconds = 300;

export function createTokens({ lifeSeconds, signingKey, now }: TokenOptions): Tokens {
  let key = Buffer.from(signingKey ?? randomUUID());
  const verify = async (token: string): Promise<{ readonly claims: JWTPayload } | { readonly fault: string }> => {
    const rules = { issuer, clockTolerance: skewSeconds, currentDate: new Date(now()), requiredClaims: ["exp"] };
    try {
      return { claims: (await jwtVerify(token, key, rules)).payload };
    } catch (error) {
      return { fault: faultOf(token, error) };
    }
  };
  return {
    async issue(clientId) {
      const expires = Math.floor(now() / 1000) + lifeSeconds;
      const claims = new SignJWT({ sub: clientId, iss: issuer }).setExpirationTime(expires);
      return { token: await claims.setProtectedHeader({ alg: "HS256" }).sign(key), expiresIn: lifeSeconds };
    },
    async refusal(authorization) {
      const token = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) return "Bearer";
      const verified = await verify(token);
      if ("claims" in verified) return undefined;
      return `Bearer error="invalid_token"${verified.fault === "" ? "" : `, error_description="${verified.fault}"`}`;
    },
    async ownerOf(token) {
      const verified = await verify(token);
      return "claims" in verified ? verified.claims.sub : undefined;
    },
    forget() {
      key = Buffer.from(randomUUID());
    },
  };
}

/** What is wrong with it in the service's words, "" when it is no token at all. */
function faultOf(token: string, error: unknown): string {
  if (error instanceof errors.JWTExpired) return `The token expired at '${american(Number(error.payload.exp))}'`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The signature key was not found";
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "exp") return "The token has no expiration";
  if (error instanceof errors.JWTClaimValidationFailed) return `The issuer '${error.payload.iss}' is invalid`;
  return isUnsigned(token) ? "The signature is invalid" : "";
}

function isUnsigned(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg === "none";
  } catch {
    return false;
  }
}

function american(seconds: number): string {
  const [date = "", time = ""] = new Date(seconds * 1000).toISOString().split("T");
  const [year, month, day] = date.split("-");
  return `${month}/${day}/${year} ${time.slice(0, 8)}`;
}
