import sql, { raw } from "sql-template-tag";
import type { Sql } from "./sql.js";
import { countUse, type Use } from "./users-daily-use.js";

/** Settings of a user. */
export interface UserSettings {
  /** BCP 47; empty: none chosen. */
  readonly language: string;
  /** Number of refrain.music.v1.AudioFormat, never UNSPECIFIED. */
  readonly format: number;
  readonly blocked: boolean;
}

/** What a user did in one day. */
export interface DayOfUse {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly searches: number;
  readonly downloads: number;
}

export interface UserRecord extends UserSettings {
  readonly userId: string;
  /** The last day on which something was counted. Undefined: nothing ever was. */
  readonly lastUse: DayOfUse | undefined;
}

/** What to change; what is absent stays. */
export interface UserChange extends Partial<UserSettings> {
  readonly use?: Use | undefined;
}

/** A user after a change. */
export interface ChangedUser {
  readonly user: UserRecord;
  /** True: nobody had seen this user before. */
  readonly isNew: boolean;
  /** True: the first use that was counted on its day. */
  readonly isFirstUse: boolean;
}

export interface Users {
  /** Undefined: this user was never seen. */
  find(userId: string): Promise<UserRecord | undefined>;
  /** Changes what is given and returns all. */
  update(userId: string, change: UserChange, now: Date): Promise<ChangedUser>;
  /** The next users in the order of their ids, whatever their settings. */
  page(afterUserId: string, limit: number): Promise<UserRecord[]>;
}

/** A row of users. */
interface UserRow {
  readonly user_id: string;
  readonly language: string;
  readonly format: number;
  readonly blocked: boolean;
  /** `YYYY-MM-DD`. */
  readonly use_day: string | null;
  readonly use_searches: number;
  readonly use_downloads: number;
}

interface ChangedRow extends UserRow {
  readonly is_new: boolean;
  readonly is_first_use: boolean;
}

const COLUMNS = raw("user_id, language, format, blocked, use_day, use_searches, use_downloads");
/** A row may come and go between the change and the look at it; more often than this it does not. */
const ATTEMPTS = 5;

export function createUsers(db: Sql): Users {
  const find = async (userId: string) => {
    const [row] = await db.read<UserRow>(sql`SELECT ${COLUMNS} FROM users WHERE user_id = ${userId}`);
    return row && toUserRecord(row);
  };
  return {
    find,
    async update(userId, change, now) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const changed = await update(db, userId, change, now);
        if (changed) return changed;
        const user = await find(userId);
        if (user) return { user, isNew: false, isFirstUse: false };
      }
      throw new Error(`a user came and went ${ATTEMPTS} times during a change`);
    },
    async page(afterUserId, limit) {
      const rows = await db.read<UserRow>(sql`
        SELECT ${COLUMNS} FROM users WHERE user_id > ${afterUserId} ORDER BY user_id LIMIT ${limit}`);
      return rows.map(toUserRecord);
    },
  };
}

/** Makes sure that a user is known, also as a part of a transaction. True: this user is new. */
export async function seeUser(db: Sql, userId: string, now: Date): Promise<boolean> {
  const added = await db.run(sql`
    INSERT INTO users (user_id, updated_at) VALUES (${userId}, ${now}) ON CONFLICT (user_id) DO NOTHING`);
  return added === 1;
}

/** One statement, so that of many callers at once each sees what those before it have counted. Undefined: nothing changes. */
async function update(db: Sql, userId: string, change: UserChange, now: Date): Promise<ChangedUser | undefined> {
  const { language = null, format = null, blocked = null, use } = change;
  const { columns, values, set, orIf, isFirst } = countUse(use, now);
  const [row] = await db.write<ChangedRow>(sql`
    INSERT INTO users AS u (user_id, language, format, blocked, updated_at ${columns})
    VALUES (${userId}, coalesce(${language}::text, ''), coalesce(${format}::smallint, 1), coalesce(${blocked}::boolean, false),
      ${now} ${values})
    ON CONFLICT (user_id) DO UPDATE SET
      language = coalesce(${language}::text, u.language),
      format = coalesce(${format}::smallint, u.format),
      blocked = coalesce(${blocked}::boolean, u.blocked),
      updated_at = excluded.updated_at ${set}
    WHERE u.language <> ${language}::text OR u.format <> ${format}::smallint OR u.blocked <> ${blocked}::boolean ${orIf}
    RETURNING ${COLUMNS}, xmax = 0 AS is_new, ${isFirst} AS is_first_use`);
  return row && { user: toUserRecord(row), isNew: row.is_new, isFirstUse: row.is_first_use };
}

function toUserRecord(row: UserRow): UserRecord {
  const { user_id: userId, language, format, blocked, use_day: day, use_searches: searches, use_downloads: downloads } = row;
  return { userId, language, format, blocked, lastUse: day === null ? undefined : { day, searches, downloads } };
}
