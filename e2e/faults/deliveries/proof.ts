import { exactly, figure, type Finding } from "../lab/finding.js";
import { Counts } from "./counts.js";
import type { Orders } from "./creators.js";
import { CANCELLED, FAILED, SENT, type DeliveryRow } from "./rows.js";
import type { Arrival, Telegram } from "./telegram.js";

const MAX_TOLD = 3;
/** A time of the database is when the call came; it may have waited so long for its turn. */
const CALL_MS = 2_000;

export interface Evidence {
  readonly orders: Orders;
  readonly rows: readonly DeliveryRow[];
  readonly telegram: Telegram;
  /** Batches whose failed deliveries were asked for again: these start a new life, and come behind the rest. */
  readonly retried: ReadonlySet<string>;
}

/** There should be none. The first ones are told, for whoever wants to know why. */
function none(what: string, offenders: readonly unknown[]): Finding {
  for (const offender of offenders.slice(0, MAX_TOLD)) process.stderr.write(`  ${what}: ${JSON.stringify(offender)}\n`);
  return exactly(what, offenders.length, 0);
}

/** What was accepted is there once, and has come to its end. */
export function proveKept({ orders, rows }: Evidence): Finding[] {
  const kept = new Map(rows.map((row) => [row.id, row]));
  const accepted = [...orders.accepted.values()];
  const lost = accepted.flatMap(({ deliveryIds }) => deliveryIds).filter((id) => !kept.has(id));
  const misplaced = accepted.flatMap(({ batchId, requestKey, deliveryIds }) =>
    deliveryIds.filter((id, position) => {
      const row = kept.get(id);
      return row && !(row.batch_id === batchId && row.request_key === requestKey && row.position === position);
    }),
  );
  const batches = new Set(rows.map(({ batch_id }) => batch_id));
  return [
    figure("requests", accepted.length),
    figure("requests sent twice on purpose", orders.askedTwice),
    figure("deliveries accepted", orders.deliveries),
    exactly("deliveries in the database", rows.length, orders.deliveries),
    none("accepted deliveries that are lost", lost),
    none("deliveries in another place than was answered", misplaced),
    exactly("batches in the database", batches.size, accepted.length),
    exactly("requests answered in two ways, or created twice", orders.answeredOtherwise + orders.createdTwice, 0),
    ...proveEnded(rows),
  ];
}

function proveEnded(rows: readonly DeliveryRow[]): Finding[] {
  const ended = { [SENT]: 0, [FAILED]: 0, [CANCELLED]: 0 };
  const reasons = new Counts();
  for (const { state, failure_reason } of rows) {
    if (state === SENT || state === FAILED || state === CANCELLED) ended[state] += 1;
    if (state === FAILED) reasons.add(failure_reason);
  }
  return [
    figure("SENT", ended[SENT]),
    figure("FAILED", ended[FAILED]),
    ...reasons.entries().map(([reason, count]) => figure(`FAILED: ${reason}`, count)),
    figure("CANCELLED", ended[CANCELLED]),
    exactly("in one of these states", ended[SENT] + ended[FAILED] + ended[CANCELLED], rows.length),
    exactly("ended without a time", rows.filter(({ finished_at }) => finished_at === null).length, 0),
  ];
}

/** What was sent has arrived, and twice only where that was foreseen. */
export function proveArrived({ rows, telegram, retried }: Evidence): Finding[] {
  const seen = rows.map((row) => ({ row, arrivals: telegram.arrivals(row.id) }));
  // A new life forgets what the old one has counted.
  const once = seen.filter(({ row }) => !retried.has(row.batch_id));
  const only = (test: (row: DeliveryRow, arrivals: readonly Arrival[]) => boolean) =>
    once.filter(({ row, arrivals }) => test(row, arrivals));
  const known = new Set(rows.map(({ id }) => id));
  const strangers = telegram.all().filter(({ deliveryId }) => !known.has(deliveryId));
  const invented = seen.filter(({ row, arrivals }) => isInvented(row, arrivals));
  return [
    figure("audios that arrived", telegram.arrived),
    none("audios of deliveries that are not in the database", strangers),
    none("SENT with a message that never arrived", invented),
    figure("found in SENDING or maybe_sent, and sent again", only((row) => row.resends > 0).length),
    figure("of those arrived twice", only((row, arrivals) => row.resends > 0 && arrivals.length === 2).length),
    none(
      "arrived twice without that",
      only((row, arrivals) => row.resends === 0 && arrivals.length > 1),
    ),
    none(
      "arrived three times",
      only((_, arrivals) => arrivals.length > 2),
    ),
    none("arrived, FAILED or CANCELLED, and not counted as maybe sent", only(isUncounted)),
    none("arrived after their end", only(isLate)),
  ];
}

function isInvented({ state, message_id }: DeliveryRow, arrivals: readonly Arrival[]): boolean {
  return state === SENT && !arrivals.some(({ messageId }) => String(messageId) === message_id);
}

function isUncounted({ state, resends }: DeliveryRow, arrivals: readonly Arrival[]): boolean {
  return state !== SENT && arrivals.length > resends;
}

function isLate({ finished_at }: DeliveryRow, arrivals: readonly Arrival[]): boolean {
  return finished_at !== null && arrivals.some(({ sentAtMs }) => sentAtMs > finished_at.getTime() + CALL_MS);
}

/** Nobody who lost a lease sends, batches keep their order, tracks are uploaded one at a time. */
export function proveOrder({ telegram, retried }: Evidence): Finding[] {
  const batches = [...groups(telegram.all(), ({ batchId }) => batchId).values()].map((arrivals) => arrivals.toSorted(inTime));
  const deliveries = groups(batches.flat(), ({ deliveryId }) => deliveryId);
  const stale = [...deliveries.values()].filter((arrivals) => !rises(arrivals.map(({ token }) => token)));
  const disordered = batches
    .filter(([first]) => first && !retried.has(first.batchId))
    .map(firsts)
    .filter((arrivals) => !rises(arrivals.map(({ position }) => position)));
  return [
    none("deliveries sent with a token after a newer one", stale),
    none("batches that did not arrive in their order", disordered),
    figure("uploads", telegram.uploads),
    exactly("uploads of one track at the same time", telegram.uploadsAtOnce, 0),
    exactly("uploads of a track whose file id was kept", telegram.uploadsInVain, 0),
  ];
}

function inTime(one: Arrival, other: Arrival): number {
  return one.sentAtMs - other.sentAtMs || one.messageId - other.messageId;
}

function groups<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const found = new Map<string, Item[]>();
  for (const item of items) {
    const group = found.get(key(item));
    if (group) group.push(item);
    else found.set(key(item), [item]);
  }
  return found;
}

/** The first arrival of each delivery. */
function firsts(arrivals: readonly Arrival[]): Arrival[] {
  const seen = new Set<string>();
  return arrivals.filter(({ deliveryId }) => !seen.has(deliveryId) && seen.add(deliveryId));
}

function rises(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
}

/** How long it took from acceptance to the end. */
export function times({ rows }: Evidence): Finding[] {
  const ms = rows
    .flatMap(({ created_at, finished_at }) => (finished_at ? [finished_at.getTime() - created_at.getTime()] : []))
    .toSorted((one, other) => one - other);
  const at = (part: number) => (ms[Math.min(ms.length - 1, Math.floor(ms.length * part))] ?? 0) / 1_000;
  return [
    figure("from acceptance to the end, half of them", at(0.5), "s"),
    figure("99 %", at(0.99), "s"),
    figure("the longest", at(1), "s"),
  ];
}
