import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// Two Azurites on one data folder would each overwrite what the other has stored. So the one that has it leaves its
// process id there; what it leaves behind when it is killed does not count, since only a living process is an owner.

const fileName = "process-id";
const patienceMs = 3000;

/** The living process that uses the folder, or undefined. An Azurite whose parent was killed gets 3 s to end. */
export async function ownerOf(folder: string): Promise<number | undefined> {
  const owner = Number(await readFile(join(folder, fileName), "utf8").catch(() => ""));
  const limit = Date.now() + patienceMs;
  while (owner > 0 && isAlive(owner)) {
    if (Date.now() > limit) return owner;
    await sleep(100);
  }
  return undefined;
}

export async function setOwner(folder: string, processId: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, fileName), String(processId));
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}
