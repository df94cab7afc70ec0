import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { startWebServer } from "./web-server.ts";

export const tenant = "11111111-2222-4333-8444-555555555555";
const audience = "api://66666666-7777-4888-8999-aaaaaaaaaaaa";
export const role = "Scheduler.Callback";

type SigningKey = Awaited<ReturnType<typeof createKey>>;

/** A stand-in for the key endpoint of a tenant, on a real socket; it signs as Entra does. */
export async function startEntra() {
  const keys: object[] = [];
  let isDown = false;
  let fetches = 0;
  const server = await startWebServer(({ url }) => {
    if (new URL(url).pathname !== `/${tenant}/discovery/v2.0/keys`) return new Response(null, { status: 404 });
    fetches++;
    return isDown ? new Response("down for s3cr3t reasons", { status: 503 }) : Response.json({ keys });
  });
  const login = `http://127.0.0.1:${server.port}`;
  const key = await firstKey;
  keys.push(await published(key));
  return {
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    rules: { tenant, audience, role, login },
    key,
    fetches: () => fetches,
    fail(fails: boolean): void {
      isDown = fails;
    },
    async publish(further: SigningKey): Promise<void> {
      keys.push(await published(further));
    },
    /** A token that is right, but for what is given. */
    token: (claims: JWTPayload = {}, signer: SigningKey = key): Promise<string> =>
      new SignJWT({ ...rightClaims(login), ...claims })
        .setProtectedHeader({ alg: "RS256", kid: signer.kid, typ: "JWT" })
        .sign(signer.privateKey),
    claims: (): JWTPayload => rightClaims(login),
  };
}

export async function createKey(kid: string) {
  return { kid, ...(await generateKeyPair("RS256", { extractable: true })) };
}

/** Making one takes longer than anything else here. */
const firstKey = createKey("k1");

const published = async ({ kid, publicKey }: SigningKey) => ({ ...(await exportJWK(publicKey)), kid, use: "sig" });

function rightClaims(login: string): JWTPayload {
  const seconds = Math.floor(Date.now() / 1000);
  const times = { iat: seconds, nbf: seconds, exp: seconds + 3600 };
  return { ...times, iss: `${login}/${tenant}/v2.0`, aud: audience, tid: tenant, oid: "a service", roles: [role] };
}
