import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { type Certificate, createCertificate } from "./certificate.ts";

/** One item as Application Insights takes it; only what tests look at. */
export interface TelemetryItem {
  readonly name: string;
  readonly time: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly data: { readonly baseType: string; readonly baseData: ItemData };
}

export interface ItemData {
  readonly name?: string;
  readonly id?: string;
  readonly type?: string;
  readonly success?: boolean;
  readonly properties?: Readonly<Record<string, string>>;
  readonly metrics?: readonly {
    readonly name: string;
    readonly value: number;
    readonly count?: number;
    max?: number;
  }[];
}

/** What the stand-in does with a request: takes it, answers with this status, or says nothing at all. */
export type Reception = "take" | "hang" | { readonly status: number };

export interface Ingestion extends AsyncDisposable {
  readonly connectionString: string;
  readonly certificate: Certificate;
  /** What was taken so far. */
  readonly items: readonly TelemetryItem[];
  /** Everything that was sent, taken or not: headers and body of each request. */
  readonly requests: readonly { readonly headers: IncomingMessage["headers"]; readonly body: string }[];
  /** From now on. */
  receive(reception: Reception): void;
}

/** The spans of this name that were taken. */
export const itemsNamed = ({ items }: Pick<Ingestion, "items">, name: string): readonly TelemetryItem[] =>
  items.filter(({ data }) => data.baseData.name === name);

/** The measurements of this metric that were taken. */
export const metricsNamed = ({ items }: Pick<Ingestion, "items">, name: string) =>
  items.flatMap(({ data }) => data.baseData.metrics ?? []).filter((metric) => metric.name === name);

/**
 * Stands in for the ingestion service of Application Insights, on https of this machine: the exporter takes no other.
 * @param certificateNames further names that its certificate is for, so that other stand-ins may use it
 */
export async function startIngestion(certificateNames: readonly string[] = []): Promise<Ingestion> {
  const certificate = await createCertificate(certificateNames);
  const items: TelemetryItem[] = [];
  const requests: { headers: IncomingMessage["headers"]; body: string }[] = [];
  let reception: Reception = "take";
  const server = createServer(certificate, async (request, response) => {
    const bytes = await buffer(request);
    const body = (request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString();
    requests.push({ headers: request.headers, body });
    if (reception === "hang") return;
    const sent = itemsIn(body);
    if (reception === "take") items.push(...sent);
    answer(response, reception, sent.length);
  });
  const url = await listen(server);
  return {
    connectionString: `InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=${url}/;LiveEndpoint=${url}/`,
    certificate,
    items,
    requests,
    receive(next) {
      reception = next;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      await certificate[Symbol.asyncDispose]();
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A JSON array, or one item a line. */
function itemsIn(body: string): TelemetryItem[] {
  if (body.trim() === "") return [];
  return body.trim().startsWith("[")
    ? JSON.parse(body)
    : body
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
}

function answer(response: ServerResponse, reception: Exclude<Reception, "hang">, count: number): void {
  const status = reception === "take" ? 200 : reception.status;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ itemsReceived: count, itemsAccepted: status === 200 ? count : 0, errors: [] }));
}
