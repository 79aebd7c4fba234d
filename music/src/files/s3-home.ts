import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { QueueUnavailableError } from "../errors.js";
import { type ByteRange, type FileHome, FileGoneError, type HomeItem, type OpenedFile, type Shelf } from "./file-home.js";
import { MIME_TYPES, parseStoredName } from "./file-names.js";
import { createRemovals, type Objects, type ObjectStat } from "./s3-removals.js";
import { asHomeError, type Bucket, isMissing, isNotFound, openBucket } from "./s3-client.js";

/** A use is written down by a request that costs money and time. */
const TOUCH_EVERY_MS = 5 * 60_000;
/** A bucket of more files than a replica can know is not looked at to its end. */
const MAX_PAGES = 500;
const ANSWER_MS = 8_000;
/** `/health` does not wait longer. */
const PROBE_MS = 1_500;
const ENTRY_TYPE = "application/json";

/** A bucket that any number of replicas share. `LastModified` of an object is when it was last used: it is copied onto itself then. */
export async function openS3Home(options: Bucket): Promise<FileHome> {
  const objects = await openObjects(options);
  const removals = createRemovals(objects);
  return {
    shared: true,
    touchEveryMs: TOUCH_EVERY_MS,
    list: (shelf, signal) => objects.list(`${shelf}/`, signal),
    async touch(shelf, name) {
      if (!(await objects.touch(keyOf(shelf, name), typeOf(name)))) return false;
      // Somebody who looked at it before we touched it may be removing it.
      return shelf === "entries" || !(await removals.underway(name));
    },
    readEntry: (key) => objects.readText(keyOf("entries", key)),
    writeEntry: (key, text) => objects.put(keyOf("entries", key), ENTRY_TYPE, Buffer.byteLength(text), () => text),
    async put(name, path) {
      const key = keyOf("files", name);
      const { size } = await stat(path);
      const upload = () => objects.put(key, typeOf(name), size, () => createReadStream(path));
      const known = (await objects.stat(key))?.sizeBytes === size && (await objects.touch(key, typeOf(name)));
      if (!known) await upload();
      if (!(await removals.underway(name))) return;
      await removals.ended(name);
      if (!(await objects.stat(key))) await upload();
    },
    async open(name, knownBytes, signal) {
      const key = keyOf("files", name);
      const sizeBytes = knownBytes ?? (await objects.stat(key, signal))?.sizeBytes;
      return sizeBytes === undefined ? undefined : openedObject(objects, key, sizeBytes);
    },
    remove: (shelf, names, idleSince) =>
      shelf === "files"
        ? removals.remove(names, idleSince, (name) => keyOf("files", name))
        : objects.remove(names, (name) => keyOf("entries", name)),
    probe: () =>
      objects.probe().then(
        () => ({ ok: true, detail: "" }),
        () => ({ ok: false, detail: "the bucket cannot be reached" }),
      ),
    close: async () => objects.close(),
  };
}

function keyOf(shelf: Shelf, name: string): string {
  return `${shelf}/${name}`;
}

function typeOf(name: string): string {
  const extension = parseStoredName(name);
  return extension ? MIME_TYPES[extension] : ENTRY_TYPE;
}

function openedObject(objects: Objects, key: string, sizeBytes: number): OpenedFile {
  return { sizeBytes, read: (range, signal) => objects.read(key, range, signal) };
}

/** The few things that are done with objects, each with its errors translated. */
async function openObjects(options: Bucket): Promise<Objects & { probe(): Promise<void>; close(): void }> {
  const { bucket: Bucket, prefix, answerMs = ANSWER_MS } = options;
  const { commands, client } = await openBucket(options);
  const at = (key: string) => ({ Bucket, Key: prefix + key });
  const ifThere = async <T>(answer: Promise<T>, signal?: AbortSignal): Promise<T | undefined> => {
    try {
      return await answer;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw asHomeError(error, signal);
    }
  };
  const translated = async <T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw asHomeError(error, signal);
    }
  };
  const inTime = (signal?: AbortSignal) => {
    const late = AbortSignal.timeout(answerMs);
    return { abortSignal: signal ? AbortSignal.any([signal, late]) : late };
  };
  const remove = (key: string) => translated(client.send(new commands.DeleteObjectCommand(at(key)), inTime()));

  return {
    async stat(key, signal) {
      const head = await ifThere(client.send(new commands.HeadObjectCommand(at(key)), inTime(signal)), signal);
      return head && statOf(head.ContentLength, head.LastModified);
    },
    async touch(key, type) {
      const from = encodeURI(`${Bucket}/${prefix}${key}`);
      const copy = { ...at(key), CopySource: from, MetadataDirective: "REPLACE", ContentType: type } as const;
      try {
        await client.send(new commands.CopyObjectCommand(copy), inTime());
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw asHomeError(error);
      }
    },
    async put(key, type, sizeBytes, body) {
      const send = () =>
        client.send(new commands.PutObjectCommand({ ...at(key), Body: body(), ContentLength: sizeBytes, ContentType: type }));
      // A stream cannot be sent again by the SDK.
      const first = await send().catch((error: unknown) => asHomeError(error));
      if (first instanceof QueueUnavailableError) await translated(send());
      else if (first instanceof Error) throw first;
    },
    async readText(key) {
      return ifThere(client.send(new commands.GetObjectCommand(at(key)), inTime()).then(({ Body }) => Body?.transformToString()));
    },
    async read(key, range, signal) {
      const asked = { ...at(key), ...(range && { Range: rangeHeader(range) }) };
      const answer = await ifThere(client.send(new commands.GetObjectCommand(asked), { abortSignal: signal }), signal);
      if (!answer) throw new FileGoneError("another replica has removed the file");
      const { Body } = answer;
      if (!(Body instanceof Readable)) throw new Error("the SDK gave no stream");
      return Body;
    },
    remove: async (names, nameToKey) => {
      await eachOf(names, (name) => remove(nameToKey(name)));
      return [...names];
    },
    async *list(folder, signal) {
      let token: string | undefined;
      for (let page = 0; page < MAX_PAGES; page++) {
        const asked = { Bucket, Prefix: prefix + folder, ...(token !== undefined && { ContinuationToken: token }) };
        const answer = await translated(client.send(new commands.ListObjectsV2Command(asked), inTime(signal)), signal);
        for (const { Key = "", Size, LastModified } of answer.Contents ?? []) {
          const { sizeBytes, usedAt } = statOf(Size, LastModified);
          yield { name: Key.slice(prefix.length + folder.length), sizeBytes, usedAt } satisfies HomeItem;
        }
        token = answer.NextContinuationToken;
        if (token === undefined) return;
      }
    },
    probe: async () =>
      void (await client.send(new commands.HeadBucketCommand({ Bucket }), { abortSignal: AbortSignal.timeout(PROBE_MS) })),
    close: () => client.destroy(),
  };
}

function statOf(sizeBytes = 0, modified: Date | undefined): ObjectStat {
  return { sizeBytes, usedAt: modified?.getTime() ?? 0 };
}

function rangeHeader({ start, end }: ByteRange): string {
  return `bytes=${start}-${end}`;
}

/** A few at a time. */
async function eachOf(names: readonly string[], work: (name: string) => Promise<unknown>, together = 8): Promise<void> {
  for (let at = 0; at < names.length; at += together) await Promise.all(names.slice(at, at + together).map(work));
}
