import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { ByteRange, HomeItem } from "./file-home.js";

/** What is known of an object. */
export interface ObjectStat {
  sizeBytes: number;
  usedAt: number;
}

/** Objects of a bucket, by their keys below the prefix. */
export interface Objects {
  stat(key: string, signal?: AbortSignal): Promise<ObjectStat | undefined>;
  /** Makes it new without changing it. @returns false when it is not there */
  touch(key: string, type: string): Promise<boolean>;
  put(key: string, type: string, sizeBytes: number, body: () => Readable | string): Promise<void>;
  readText(key: string): Promise<string | undefined>;
  read(key: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Readable>;
  list(folder: string, signal: AbortSignal): AsyncIterable<HomeItem>;
  remove(names: readonly string[], keyOf: (name: string) => string): Promise<string[]>;
}

/** Removing from a bucket what another replica may be about to use. */
export interface Removals {
  /**
   * Removes objects that have not been used since.
   *
   * S3 cannot look and remove in one step, so what is to go is announced first, in an object of its own: whoever uses a file looks
   * for announcements after having touched it. Either the touch came before our look, and we leave the file; or they see the
   * announcement, and know that it goes.
   */
  remove(names: readonly string[], idleSince: number, keyOf: (name: string) => string): Promise<string[]>;
  /** Whether somebody has announced to remove it. */
  underway(name: string): Promise<boolean>;
  /** Resolves when nobody removes it any more. */
  ended(name: string): Promise<void>;
}

const FOLDER = "removing/";
/** Names in one announcement, which have to be dealt with in time. */
const BATCH = 200;
/** Whoever has not come to an end by then removes nothing more. */
const REMOVE_WITHIN_MS = 60_000;
/** Of somebody who died over it: by the clock of the bucket on one side, ours on the other. */
const FORGOTTEN_MS = 15 * 60_000;
const LOOK_AGAIN_MS = 250;
const TOGETHER = 8;

export function createRemovals(objects: Objects): Removals {
  async function removeBatch(names: readonly string[], idleSince: number, keyOf: (name: string) => string) {
    const announcement = `${FOLDER}${randomUUID()}`;
    const text = JSON.stringify(names);
    const end = performance.now() + REMOVE_WITHIN_MS;
    const gone: string[] = [];
    const removeOne = async (name: string) => {
      const found = await objects.stat(keyOf(name));
      if (performance.now() > end || (found && found.usedAt >= idleSince)) return;
      if (found) await objects.remove([name], keyOf);
      gone.push(name);
    };
    await objects.put(announcement, "application/json", Buffer.byteLength(text), () => text);
    try {
      for (let at = 0; at < names.length; at += TOGETHER)
        await Promise.all(names.slice(at, at + TOGETHER).map((name) => removeOne(name)));
    } finally {
      await objects.remove([announcement], (key) => key);
    }
    return gone;
  }

  async function underway(name: string): Promise<boolean> {
    for await (const item of objects.list(FOLDER, AbortSignal.timeout(REMOVE_WITHIN_MS))) {
      if (Date.now() - item.usedAt > FORGOTTEN_MS) continue;
      const text = await objects.readText(FOLDER + item.name);
      if (text?.includes(`"${name}"`)) return true;
    }
    return false;
  }

  return {
    underway,
    async remove(names, idleSince, keyOf) {
      const gone: string[] = [];
      for (let at = 0; at < names.length; at += BATCH)
        gone.push(...(await removeBatch(names.slice(at, at + BATCH), idleSince, keyOf)));
      return gone;
    },
    async ended(name) {
      while (await underway(name)) await wait(LOOK_AGAIN_MS);
    },
  };
}
