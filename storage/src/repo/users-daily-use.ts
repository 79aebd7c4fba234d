import sql, { empty, raw, type Sql as Statement } from "sql-template-tag";
import { utcDay } from "../utc-day.js";

/** Use to add to that of the day. */
export interface Use {
  /** The caller's name of it: counted once. */
  readonly key: string;
  readonly searches: number;
  readonly downloads: number;
}

/** What an INSERT INTO users AS u … ON CONFLICT DO UPDATE takes to count use. */
interface UseSql {
  /** More columns to insert. */
  readonly columns: Statement;
  /** Their values. */
  readonly values: Statement;
  /** More columns to update. */
  readonly set: Statement;
  /** Another reason to update. */
  readonly orIf: Statement;
  /** Whether it is the first of its day, for a row that was written. */
  readonly isFirst: Statement;
}

/** Keys remembered of a user's day. */
const REMEMBERED = 32;
/** The largest number of the columns. */
const MAX = 2_147_483_647;

// A row that is of a later day, because another replica's clock is ahead, keeps its day: else two replicas would take turns in
// starting from 0 around midnight.
const IS_NEW_DAY = "(u.use_day IS NULL OR u.use_day < excluded.use_day)";
const IS_KNOWN = `(NOT ${IS_NEW_DAY} AND excluded.use_keys[1] = ANY (u.use_keys))`;

const COLUMNS = raw(", use_day, use_searches, use_downloads, use_keys");
const SET = raw(`,
  use_day = CASE WHEN ${IS_NEW_DAY} THEN excluded.use_day ELSE u.use_day END,
  use_searches = ${sum("use_searches")},
  use_downloads = ${sum("use_downloads")},
  use_keys = CASE
    WHEN ${IS_KNOWN} THEN u.use_keys
    WHEN ${IS_NEW_DAY} THEN excluded.use_keys
    ELSE (u.use_keys || excluded.use_keys)[greatest(1, cardinality(u.use_keys) + 2 - ${REMEMBERED}):] END`);
const IS_COUNTED = raw(`OR NOT ${IS_KNOWN}`);
const IS_FIRST = raw("cardinality(use_keys) = 1");
const NEVER = raw("false");

const NOTHING: UseSql = { columns: empty, values: empty, set: empty, orIf: empty, isFirst: NEVER };

/** Counts use on the day of `now`; undefined counts nothing. */
export function countUse(use: Use | undefined, now: Date): UseSql {
  if (use === undefined) return NOTHING;
  const { key, searches, downloads } = use;
  const values = sql`, ${utcDay(now)}::date, ${searches}::int, ${downloads}::int, ARRAY[${key}::text]`;
  return { columns: COLUMNS, values, set: SET, orIf: IS_COUNTED, isFirst: IS_FIRST };
}

function sum(column: string): string {
  return `CASE
    WHEN ${IS_KNOWN} THEN u.${column}
    WHEN ${IS_NEW_DAY} THEN excluded.${column}
    ELSE least(u.${column}::bigint + excluded.${column}, ${MAX})::int END`;
}
