/** All bytes of a body, or undefined as soon as more than `limitBytes` have come in: the rest is not read. */
export async function readAtMost(body: Request["body"], limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
