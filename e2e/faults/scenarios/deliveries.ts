import { setMaxListeners } from "node:events";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient } from "@refrain/mesh";
import { until } from "@refrain/mesh/testing";
import { Claimers } from "../deliveries/claimers.js";
import { Counts } from "../deliveries/counts.js";
import { createAll, Orders } from "../deliveries/creators.js";
import { Killer } from "../deliveries/killer.js";
import { Listeners } from "../deliveries/listeners.js";
import { Postgres } from "../deliveries/postgres.js";
import { Progress } from "../deliveries/progress.js";
import { proveArrived, proveKept, proveOrder, times, type Evidence } from "../deliveries/proof.js";
import { countLeftovers, countOpen, countPlays, readDeliveries, SENT } from "../deliveries/rows.js";
import { Telegram } from "../deliveries/telegram.js";
import { unexpectedErrors } from "../deliveries/unexpected.js";
import { exactly, figure, type Finding } from "../lab/finding.js";
import { Lab, STORAGE_KEY } from "../lab/lab.js";

export interface DeliveriesOptions {
  readonly deliveries: number;
  readonly kills: number;
  readonly storages: number;
  readonly claimers: number;
}

const BOT_ID = "1";
const LEASE_MS = 2_000;
const FREEZE_MS = 3_500;
/** So many may be open before creating waits. */
const MAX_OPEN = 2_000;
const LONGEST_MS = 120_000;

/** Claimers, storage and PostgreSQL are killed again and again while deliveries are created, claimed, sent, cancelled and paused. */
export function deliveries(options: DeliveriesOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const postgres = await Postgres.start();
    lab.defer(() => postgres.stop());
    const storages = [];
    while (storages.length < options.storages) storages.push(await lab.start("storage", { DATABASE_URL: postgres.url }));
    const target = `ipv4:${storages.map((storage) => storage.address("grpc")).join()}`;
    const { client: storage, close } = createServiceClient(StorageService, {
      target,
      key: STORAGE_KEY,
      defaultTimeoutMs: 5_000,
      circuitResetMs: 1_000,
    });
    lab.defer(close);
    const [refused, telegram, orders] = [new Counts(), new Telegram(), new Orders()];
    const settings = { STORAGE_TARGET: target, STORAGE_KEY, BOT_ID, LEASE_MS: String(LEASE_MS) };
    const claimers = new Claimers({ count: options.claimers, settings, telegram, refused });
    lab.defer(() => claimers.stop());
    await claimers.start();

    const stop = new AbortController();
    const { signal } = stop;
    setMaxListeners(0, signal); // everybody who waits has one
    const progress = new Progress(postgres, orders);
    const listeners = new Listeners({ storage, botId: BOT_ID, refused, signal });
    const killer = new Killer({
      ...options,
      ended: () => progress.ended,
      claimers,
      storages,
      postgres,
      freezeMs: FREEZE_MS,
      signal,
    });
    const startedAt = performance.now();
    const creating = createAll(orders, {
      storage,
      botId: BOT_ID,
      deliveries: options.deliveries,
      isFull: () => progress.open > MAX_OPEN,
      refused,
      onAccepted: (accepted) => listeners.accepted(accepted),
      signal,
    });
    const retrying = listeners.retryOn(postgres);
    let over = false;
    const work = Promise.all([creating, killer.run()])
      .then(() => listeners.silent())
      .then(() => void (over = true));
    try {
      // What fails ends it all, with its reason.
      await Promise.race([progress.watch(() => over, signal), Promise.all([work, retrying])]);
    } finally {
      stop.abort();
      await Promise.allSettled([work, retrying]);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    await until(async () => (await countOpen(postgres)) !== undefined, 60_000);
    const evidence: Evidence = { orders, rows: await readDeliveries(postgres), telegram, retried: listeners.retried };
    const sent = evidence.rows.filter(({ state }) => state === SENT).length;
    return [
      ...killer.kills.entries().map(([kind, count]) => figure(`kills: ${kind}`, count)),
      exactly("kills", killer.made, options.kills),
      figure("claimers frozen for longer than their lease", killer.freezes),
      exactly("storage processes that ended by themselves", killer.crashes, 0),
      ...proveKept(evidence),
      ...proveArrived(evidence),
      ...proveOrder(evidence),
      exactly("leftovers of batches that have ended", await countLeftovers(postgres), 0),
      exactly("plays in the charts", await countPlays(postgres), sent),
      figure("withdrawn by listeners, as they were told", listeners.cancelled),
      figure("pauses", listeners.pauses),
      figure("batches whose failures were asked for again", listeners.retried.size),
      ...refused.entries().map(([what, count]) => figure(`not answered: ${what}`, count)),
      ...unexpectedErrors(storages)
        .entries()
        .map(([what, count]) => exactly(`error of storage: ${what}`, count, 0)),
      ...times(evidence, LONGEST_MS),
      figure("whole time", seconds, "s"),
      figure("ended each second", evidence.rows.length / seconds),
    ];
  });
}
