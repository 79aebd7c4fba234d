import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { ExportUserResponseSchema } from "@refrain/gen/refrain/storage/v1/user_pb";
import type { Clock } from "../clock.js";
import { toBatch, toDelivery } from "../delivery-record.js";
import type { PageBehind, PersonalData } from "../repo/personal-data.js";
import type { Users } from "../repo/users.js";
import { storableName } from "../storable-name.js";
import { toSavedTrack, toTrack } from "../track-record.js";
import { defaultUser, toUser } from "../user-record.js";

type Part = NonNullable<MessageInitShape<typeof ExportUserResponseSchema>["part"]>;

export function exportUser(
  users: Pick<Users, "find">,
  data: Omit<PersonalData, "remove">,
  now: Clock,
): MethodImpl<typeof StorageService.method.exportUser> {
  return async function* (request, { signal }) {
    const userId = storableName("user_id", request.userId);
    const user = (await users.find(userId)) ?? defaultUser(userId);
    yield { part: { case: "user", value: toUser(user, now()) } };
    for await (const part of rest(data, userId, now)) {
      signal.throwIfAborted();
      yield { part };
    }
  };
}

async function* rest(data: Omit<PersonalData, "remove">, userId: string, now: Clock): AsyncGenerator<Part> {
  const removedTracks: typeof data.savedTracks = (id, after) => data.removedTracks(id, after, now());
  yield* parts(userId, data.savedTracks, (row) => ({ case: "savedTrack", value: toSavedTrack(row) }));
  yield* parts(userId, removedTracks, (row) => ({ case: "removedTrack", value: toSavedTrack(row) }));
  yield* parts(userId, data.recentTracks, ({ track, playedAt }) => ({
    case: "recentTrack",
    value: { track: toTrack(track), playedAt: timestampFromDate(playedAt) },
  }));
  yield* parts(userId, data.choices, ({ query, track, chosenAt }) => ({
    case: "choice",
    value: { query, track: toTrack(track), chosenAt: timestampFromDate(chosenAt) },
  }));
  yield* parts(userId, data.batches, (row) => ({ case: "batch", value: toBatch(row) }));
  yield* parts(userId, data.deliveries, (row) => ({ case: "delivery", value: toDelivery(row) }));
}

/** All rows of one kind, a page at a time: the next one is read when the caller has taken the last. */
async function* parts<Row>(userId: string, read: PageBehind<Row>, toPart: (row: Row) => Part): AsyncGenerator<Part> {
  let after: Row | undefined;
  do {
    const rows = await read(userId, after);
    for (const row of rows) yield toPart(row);
    after = rows.at(-1);
  } while (after !== undefined);
}
