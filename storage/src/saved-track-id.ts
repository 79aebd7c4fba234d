const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text can be the id of an entry: what is not one of ours was never anybody's track. */
export function isSavedTrackId(id: string): boolean {
  return ID.test(id);
}
