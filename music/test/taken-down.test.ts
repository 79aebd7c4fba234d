import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { reasonOf } from "@refrain/mesh";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { startUp } from "./start-up.js";

test("a track that is taken down while music runs is neither found nor handed out, though its file is stored", async () => {
  const list = join(await temporaryFolder(), "blocked.txt");
  await writeFile(list, "# nothing yet\n");
  const { client, download, track } = await startUp({ BLOCKED_URLS_FILE: list }, { titles: ["Believer", "Other"] });
  const before = download("ann");
  expect(await before.ended).toBeUndefined();
  expect(before.messages.at(-1)?.state).toBe(DownloadState.COMPLETED);
  const url = track?.url ?? "";
  await writeFile(list, `${url} # at its author's wish\n`);
  const found = async () => (await client.search({ query: "paper lanterns" })).tracks.map(({ title }) => title);
  await until(async () => !(await found()).includes("Believer"));
  expect(await found()).toEqual(["Other"]);
  expect(reasonOf(await download("ann").ended)).toBe("TAKEN_DOWN");
  expect(reasonOf(await download("ben").ended)).toBe("TAKEN_DOWN");
  await expect(client.resolve({ url })).rejects.toSatisfy((error) => reasonOf(error) === "TAKEN_DOWN");
});

test("a list that cannot be read stops the start with one line", async () => {
  await expect(startUp({ BLOCKED_URLS_FILE: "/nowhere/blocked.txt" })).rejects.toThrow(
    /^the list of blocked links .*BLOCKED_URLS_FILE/,
  );
});
