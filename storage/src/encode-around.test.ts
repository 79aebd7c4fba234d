import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ListTracksResponseSchema, SavedTrackSchema } from "@refrain/gen/refrain/storage/v1/track_pb";
import { TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import { expect, test } from "vitest";
import { encodeAround } from "./encode-around.js";

const titles = ["one", "two", "три 🎵".repeat(50)];

test("one message goes into another as it is", () => {
  const track = toBinary(TrackSchema, create(TrackSchema, { title: "Believer" }));
  const bytes = encodeAround(SavedTrackSchema, SavedTrackSchema.field.track, [track], { id: "7", sizeBytes: 9n });
  expect(fromBinary(SavedTrackSchema, bytes)).toEqual(
    create(SavedTrackSchema, { id: "7", sizeBytes: 9n, track: { title: "Believer" } }),
  );
});

test("several go into a list, in their order", () => {
  const tracks = titles.map((title) => toBinary(SavedTrackSchema, create(SavedTrackSchema, { track: { title } })));
  const rest = { totalCount: 5, nextPageToken: "next" };
  const bytes = encodeAround(ListTracksResponseSchema, ListTracksResponseSchema.field.tracks, tracks, rest);
  const expected = create(ListTracksResponseSchema, { ...rest, tracks: titles.map((title) => ({ track: { title } })) });
  expect(fromBinary(ListTracksResponseSchema, bytes)).toEqual(expected);
});

test("without any, the field is not there", () => {
  expect(encodeAround(SavedTrackSchema, SavedTrackSchema.field.track, [], {})).toHaveLength(0);
});
