import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface AzuriteOptions {
  /** TCP port of the blob service; without it the system picks a free one. */
  blobPort?: number;
  /** TCP port of the queue service; without it the system picks a free one. */
  queuePort?: number;
  /** Folder that keeps the data. Without it, and with `memory`, the data lives in memory. */
  location?: string;
  /** Keep the data in memory although a `location` is given (false when there is one). */
  memory?: boolean;
  /** Files in PEM. With them it speaks https and takes tokens of Entra ID as well as the account's key. */
  certificate?: { readonly certFile: string; readonly keyFile: string };
}

export interface Azurite {
  connectionString: string;
  /** Service addresses with the account in the path, as the storage clients want them. */
  blobUrl: string;
  queueUrl: string;
  pid: number;
  /** Ends Azurite, its data written, and resolves when its process is gone. */
  stop(): Promise<void>;
}

// Azurite's development account. It is the same everywhere and published in Microsoft's documentation: no secret.
const account = "devstoreaccount1";
const publicKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const startLimitSeconds = 30;
const stopLimitSeconds = 10;

/**
 * Starts Azurite's blob and queue services on 127.0.0.1 as one child process and resolves when both listen.
 *
 * The child ends with its parent, whatever ended the parent (see azurite-process.ts), and does not keep it alive.
 *
 * @throws Error with one clear line when a port is taken or Azurite does not start.
 */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const child = spawn(process.execPath, commandLine(options), {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Ctrl-C in a terminal reaches the whole process group; storage must outlive the host that is still using it.
    detached: true,
    windowsHide: true,
  });
  const ports = await listeningPorts(child);
  letParentEnd(child);
  const protocol = options.certificate === undefined ? "http" : "https";
  const blobUrl = `${protocol}://127.0.0.1:${ports.blob}/${account}`;
  const queueUrl = `${protocol}://127.0.0.1:${ports.queue}/${account}`;
  return {
    blobUrl,
    queueUrl,
    pid: child.pid ?? 0,
    connectionString: `DefaultEndpointsProtocol=${protocol};AccountName=${account};AccountKey=${publicKey};BlobEndpoint=${blobUrl};QueueEndpoint=${queueUrl};`,
    stop: () => stop(child),
  };
}

function commandLine(options: AzuriteOptions) {
  const { blobPort = 0, queuePort = 0, location, memory = location === undefined, certificate } = options;
  return [
    fileURLToPath(new URL("./azurite-process.ts", import.meta.url)),
    ...["--blobHost", "127.0.0.1", "--blobPort", String(blobPort)],
    ...["--queueHost", "127.0.0.1", "--queuePort", String(queuePort)],
    // The table service cannot be left out of the one-process command: it gets a port that nobody knows.
    ...["--tableHost", "127.0.0.1", "--tablePort", "0"],
    ...["--silent", "--skipApiVersionCheck", "--disableTelemetry"],
    ...(memory || location === undefined ? ["--inMemoryPersistence"] : ["--location", location]),
    ...(certificate === undefined
      ? []
      : ["--cert", certificate.certFile, "--key", certificate.keyFile, "--oauth", "basic"]),
  ];
}

async function listeningPorts(child: ChildProcess): Promise<{ blob: number; queue: number }> {
  let output = "";
  const listening = new Promise<{ blob: number; queue: number }>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const blob = portOf("Blob", output);
      const queue = portOf("Queue", output);
      // The table service starts last; before that a signal would not yet be handled.
      if (blob && queue && portOf("Table", output)) resolve({ blob, queue });
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    // "close" comes after the last output, "exit" may come before it.
    child.once("close", () => reject(new Error(reasonOf(output))));
    setTimeout(
      () => reject(new Error(`Azurite did not start in ${startLimitSeconds} s`)),
      startLimitSeconds * 1000,
    ).unref();
  });
  try {
    return await listening;
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

function portOf(service: string, output: string): number | undefined {
  const port = new RegExp(`${service} service is successfully listening at https?://[^ ]+:(\\d+)`).exec(output)?.[1];
  return port === undefined ? undefined : Number(port);
}

function reasonOf(output: string): string {
  const taken = /EADDRINUSE.*:(\d+)/.exec(output)?.[1];
  return taken === undefined
    ? `Azurite ended while it was starting: ${output.trim()}`
    : `Port ${taken} is in use, perhaps by another Azurite. Stop that one or let Azurite take another port.`;
}

function letParentEnd(child: ChildProcess): void {
  // An unread pipe would in the end block the child.
  for (const stream of [child.stdout, child.stderr]) stream?.removeAllListeners("data").resume();
  child.unref();
  child.channel?.unref();
  for (const stream of [child.stdout, child.stderr])
    if (stream && "unref" in stream) (stream as { unref(): void }).unref();
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const gone = once(child, "exit");
  if (child.connected) child.disconnect();
  const tooLate = setTimeout(() => child.kill("SIGKILL"), stopLimitSeconds * 1000);
  await gone;
  clearTimeout(tooLate);
}
