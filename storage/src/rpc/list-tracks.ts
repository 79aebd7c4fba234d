import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { ListTracksResponseSchema, TrackOrder } from "@refrain/gen/refrain/storage/v1/track_pb";
import { encodedAs } from "@refrain/mesh";
import { encodeAround } from "../encode-around.js";
import { fold } from "../fold.js";
import { readPageToken, writePageToken, type ListScope } from "../page-token.js";
import type { Order } from "../repo/saved-tracks-list.js";
import type { SavedTracks } from "../repo/saved-tracks.js";
import { storableName } from "../storable-name.js";
import { encodeSavedTrack } from "../track-record.js";

const DEFAULT_PAGE_SIZE = 20;

export function listTracks(savedTracks: Pick<SavedTracks, "list">): MethodImpl<typeof StorageService.method.listTracks> {
  return async ({ userId, pageSize, pageToken, query, order }) => {
    const scope: ListScope = {
      userId: storableName("user_id", userId),
      text: fold(query),
      order: toOrder(order),
    };
    const after = pageToken === "" ? undefined : readPageToken(pageToken, scope);
    const { tracks, total, next } = await savedTracks.list({ ...scope, after, limit: pageSize || DEFAULT_PAGE_SIZE });
    const bytes = encodeAround(ListTracksResponseSchema, ListTracksResponseSchema.field.tracks, tracks.map(encodeSavedTrack), {
      totalCount: total,
      nextPageToken: next ? writePageToken(next, scope) : "",
    });
    return encodedAs(ListTracksResponseSchema, bytes);
  };
}

function toOrder(order: TrackOrder): Order {
  switch (order) {
    case TrackOrder.LIKED:
      return "liked";
    case TrackOrder.OLDEST:
      return "oldest";
    case TrackOrder.NEWEST:
    case TrackOrder.UNSPECIFIED:
      return "newest";
  }
}
