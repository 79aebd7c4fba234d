import { create } from "@bufbuild/protobuf";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { UserSchema, type User } from "@refrain/gen/refrain/storage/v1/user_pb";
import type { UserRecord } from "./repo/users.js";
import { utcDay } from "./utc-day.js";

/** A user as callers get it. Use of a day that is over is no longer told. */
export function toUser({ userId, language, format, blocked, lastUse }: UserRecord, now: Date): User {
  const today = utcDay(now);
  const { day, searches, downloads } = lastUse && lastUse.day >= today ? lastUse : { day: today, searches: 0, downloads: 0 };
  return create(UserSchema, { userId, language, format, blocked, dailyUse: { date: day, searches, downloads } });
}

/** A user who was never seen. */
export function defaultUser(userId: string): UserRecord {
  return { userId, language: "", format: AudioFormat.AUTO, blocked: false, lastUse: undefined };
}
