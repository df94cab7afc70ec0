import type { RequestPolicyFactory, WebResource } from "@azure/storage-blob";
import type { DatedReply } from "./service-clock.ts";

/** One HTTP request that was really sent; a request that is tried again is one more. */
export interface StorageOperation {
  readonly service: "blob" | "queue";
  readonly method: string;
  /** Azure's name of the operation: PutBlob, GetBlob, Lease:acquire, AppendBlock, ListBlobs, PutMessage, ... */
  readonly kind: string;
  /** `container/blob` or `queue/messages`. */
  readonly path: string;
}

export interface WiretapOptions {
  readonly service: StorageOperation["service"];
  /** The service's own address, which may itself have a path (Azurite: the account). */
  readonly serviceUrl: string;
  readonly monotonic: () => number;
  readonly onReply: (reply: DatedReply) => void;
  readonly onOperation?: ((operation: StorageOperation) => void) | undefined;
}

/** A pipeline policy that names each request and dates each reply. It sees every attempt, since the SDK's own retries are off. */
export function createWiretap({
  service,
  serviceUrl,
  monotonic,
  onReply,
  onOperation,
}: WiretapOptions): RequestPolicyFactory {
  const root = new URL(serviceUrl).pathname.replace(/\/$/, "");
  return {
    create: (next) => ({
      async sendRequest(request) {
        const url = new URL(request.url);
        const path = decodeURIComponent(url.pathname.slice(root.length + 1));
        const kind = service === "blob" ? blobKind(request, url.searchParams) : queueKind(request, path);
        onOperation?.({ service, method: request.method, kind, path });
        const sentAt = monotonic();
        const response = await next.sendRequest(request);
        onReply({ dateHeader: response.headers.get("date"), sentAt, receivedAt: monotonic() });
        return response;
      },
    }),
  };
}

function blobKind({ method, headers }: WebResource, query: URLSearchParams): string {
  const part = query.get("comp") ?? "";
  if (query.get("restype") === "container") return part === "list" ? "ListBlobs" : `${method}:Container`;
  if (part === "lease") return `Lease:${headers.get("x-ms-lease-action")}`;
  if (part !== "") return blobParts[part] ?? `${method}:${part}`;
  if (method === "PUT") return headers.get("x-ms-blob-type") === "AppendBlob" ? "PutAppendBlob" : "PutBlob";
  return blobMethods[method] ?? method;
}

const blobParts: Readonly<Record<string, string>> = { appendblock: "AppendBlock" };

const blobMethods: Readonly<Record<string, string>> = {
  GET: "GetBlob",
  HEAD: "GetBlobProperties",
  DELETE: "DeleteBlob",
};

const queueKind = ({ method }: WebResource, path: string): string =>
  method === "POST" && path.endsWith("/messages") ? "PutMessage" : `${method}:Queue`;
