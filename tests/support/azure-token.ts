const tenant = "11111111-2222-4333-8444-555555555555";

/**
 * A token as Entra ID gives it to an identity, for Azurite, which reads the claims and not the signature (`--oauth
 * basic`). Right, but for what is given.
 */
export function azureToken(audience: string, claims: object = {}): { token: string; expiresAt: number } {
  const seconds = Math.floor(Date.now() / 1000);
  const expiresAt = seconds + 3600;
  const right = {
    aud: audience.replace(/\/(\.default)?$/, ""),
    iss: `https://sts.windows.net/${tenant}/`,
    ...{ iat: seconds - 60, nbf: seconds - 60, exp: expiresAt },
    ...{ tid: tenant, oid: "66666666-7777-4888-8999-aaaaaaaaaaaa", appid: "the-app", ver: "1.0" },
  };
  const [header, payload] = [
    { alg: "RS256", typ: "JWT" },
    { ...right, ...claims },
  ].map(encode);
  return { token: `${header}.${payload}.${Buffer.from("no signature").toString("base64url")}`, expiresAt };
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
