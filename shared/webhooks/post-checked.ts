import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from "request-filtering-agent";

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allow: Allow;
  readonly signal: AbortSignal;
}

export interface Allow {
  /** Addresses of this machine and of private networks, too. */
  readonly anyAddress: boolean;
  /** The same for where a redirect leads. */
  readonly anyRedirect: boolean;
  readonly plainHttp: boolean;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** The request would have gone to where it may not go; nothing was sent there. */
export class AddressNotAllowed extends Error {}

const maximumRedirects = 3;

/**
 * Posts, and follows redirects that keep the method (307, 308); the body of the answer is not read. The address that the
 * connection is really made to is checked, at each hop, so that neither a name that resolves anew nor a redirect leads
 * inside.
 * @throws AddressNotAllowed, or what the connection failed with
 */
export async function postChecked(url: string, post: Post): Promise<Answer> {
  let target = new URL(url);
  for (let redirects = 0; ; redirects++) {
    const anyAddress = redirects === 0 ? post.allow.anyAddress : post.allow.anyRedirect;
    const response = await postOnce(target, post, anyAddress);
    const { statusCode: status = 0, headers } = response;
    // Nothing more of it is wanted, and one without an end must not hold the socket.
    response.destroy();
    const isRepeated = (status === 307 || status === 308) && headers.location !== undefined;
    if (!isRepeated || redirects === maximumRedirects || !URL.canParse(headers.location ?? "", target.href)) {
      return { status, retryAfter: headers["retry-after"] };
    }
    target = new URL(headers.location ?? "", target);
  }
}

async function postOnce(
  target: URL,
  { headers, body, allow, signal }: Post,
  anyAddress: boolean,
): Promise<IncomingMessage> {
  const isSecure = target.protocol === "https:";
  if (!isSecure && !(allow.plainHttp && target.protocol === "http:")) {
    throw new AddressNotAllowed("Only https:// is allowed.");
  }
  const length = { "content-length": String(Buffer.byteLength(body)) };
  const options = { method: "POST", headers: { ...headers, ...length }, signal };
  return new Promise((resolve, reject) => {
    const fail = (thrown: Error): void => reject(isFiltered(thrown) ? new AddressNotAllowed(thrown.message) : thrown);
    const onAnswer = (response: IncomingMessage): void => {
      // It is destroyed half read.
      response.on("error", () => undefined);
      resolve(response);
    };
    const sent: ClientRequest = isSecure
      ? requestHttps(target, { ...options, agent: new RequestFilteringHttpsAgent(filter(anyAddress)) }, onAnswer)
      : requestHttp(target, { ...options, agent: new RequestFilteringHttpAgent(filter(anyAddress)) }, onAnswer);
    sent.on("error", (thrown) => fail(signal.aborted ? (signal.reason as Error) : thrown));
    sent.end(body);
  });
}

/** The platform's own address in Azure looks like a public one. */
const platformAddresses = ["168.63.129.16"];

const filter = (anyAddress: boolean) => ({
  allowPrivateIPAddress: anyAddress,
  allowMetaIPAddress: anyAddress,
  denyIPAddressList: anyAddress ? [] : platformAddresses,
});

/** The agent's errors carry no code. */
const isFiltered = ({ message }: Error): boolean => /^DNS lookup .* is not allowed\. Because,? It is/i.test(message);
