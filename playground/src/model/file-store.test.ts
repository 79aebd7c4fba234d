import { writeFile } from "node:fs/promises";
import { temporaryFolder } from "@refrain/mesh/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fileByFileId, fileId, openFileStore, type FileStore, type StoredFile } from "./file-store.js";

async function add(store: FileStore, sizeBytes: number): Promise<StoredFile> {
  const uniqueId = store.newUniqueId();
  const shared = { file_id: "", file_unique_id: uniqueId, mime_type: "audio/mpeg", file_size: sizeBytes };
  const file = {
    uniqueId,
    botId: 7,
    extension: "mp3",
    mimeType: "audio/mpeg",
    sizeBytes,
    content: { audio: { ...shared, duration: 1 } },
  };
  const draft = store.draftPath();
  await writeFile(draft, Buffer.alloc(sizeBytes));
  await store.add(draft, file);
  return file;
}

test("the least recently used files give way", async () => {
  const store = await openFileStore(await temporaryFolder(), { maxBytes: 250, maxFiles: 10 });
  const [first, second] = [await add(store, 100), await add(store, 100)];
  store.find(first.uniqueId);
  const third = await add(store, 100);
  expect([first, second, third].map(({ uniqueId }) => store.find(uniqueId) !== undefined)).toEqual([true, false, true]);
});

test("a file larger than the whole store is kept until the next one comes", async () => {
  const store = await openFileStore(await temporaryFolder(), { maxBytes: 50, maxFiles: 10 });
  const large = await add(store, 100);
  expect(store.find(large.uniqueId)).toBeDefined();
  await add(store, 10);
  expect(store.find(large.uniqueId)).toBeUndefined();
});

test("what was stored is found after a restart, broken descriptions are not", async () => {
  const folder = await temporaryFolder();
  const file = await add(await openFileStore(folder), 100);
  await writeFile(`${folder}/broken.mp3.json`, "{");
  expect((await openFileStore(folder)).find(file.uniqueId)).toEqual(file);
});

test("no mangled file id finds a file", async () => {
  const store = await openFileStore(await temporaryFolder());
  const file = await add(store, 10);
  expect(fileByFileId(store, 7, fileId(file))).toEqual(file);
  fc.assert(
    fc.property(fc.string(), fc.nat(60), (noise, at) => {
      const id = fileId(file);
      const mangled = id.slice(0, at) + noise + id.slice(at + 1);
      fc.pre(mangled !== id);
      expect(fileByFileId(store, 7, mangled)).toBeUndefined();
    }),
  );
});
