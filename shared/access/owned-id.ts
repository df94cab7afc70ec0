/** `<owner>-<uuid>`: the id alone tells whose it is, so a foreign id is answered without touching storage. */
const ownedIdPattern = /^([a-z0-9]{1,40})-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const ownedId = (owner: string, uuid: string): string => `${owner}-${uuid}`;

/** The owner in an id, or undefined when the text is not an id of ours. */
export function ownerInId(id: string): string | undefined {
  return ownedIdPattern.exec(id)?.[1];
}
