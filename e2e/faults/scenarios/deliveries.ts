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
  /** Replicas. */
  readonly storages: number;
  readonly claimers: number;
}

const BOT_ID = "1";
const LEASE_MS = 3_000;
const FREEZE_MS = 4_500;
const CALL_MS = 5_000;
/** What is killed is tried again soon. */
const CIRCUIT_RESET_MS = 1_000;
/** So many may be open before creating waits. */
const MAX_OPEN = 2_000;
const BACK_MS = 60_000;

/** Claimers, storage and PostgreSQL are killed again and again while deliveries are created, claimed, sent, cancelled and paused. */
export function deliveries(options: DeliveriesOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const stage = await setUp(lab, options);
    const startedAt = performance.now();
    const play = await run(stage, options);
    const seconds = (performance.now() - startedAt) / 1_000;
    await until(async () => (await countOpen(stage.postgres)) !== undefined, BACK_MS);
    return [
      ...(await prove(stage, play, options)),
      figure("whole time", seconds, "s"),
      figure("ended each second", options.deliveries / seconds),
    ];
  });
}

type Stage = Awaited<ReturnType<typeof setUp>>;

/** Starts everything. What is started last ends first. */
async function setUp(lab: Lab, options: DeliveriesOptions) {
  const postgres = await Postgres.start();
  lab.defer(() => postgres.stop());
  const storages = [];
  while (storages.length < options.storages) storages.push(await lab.start("storage", { DATABASE_URL: postgres.url }));
  const target = `ipv4:${storages.map((storage) => storage.address("grpc")).join()}`;
  const service = { target, key: STORAGE_KEY, defaultTimeoutMs: CALL_MS, circuitResetMs: CIRCUIT_RESET_MS };
  const { client: storage, close } = createServiceClient(StorageService, service);
  lab.defer(close);
  const [refused, telegram] = [new Counts(), new Telegram()];
  const settings = { STORAGE_TARGET: target, STORAGE_KEY, BOT_ID, LEASE_MS: String(LEASE_MS) };
  const claimers = new Claimers({ count: options.claimers, settings, telegram, refused });
  lab.defer(() => claimers.stop());
  await claimers.start();
  return { postgres, storages, storage, telegram, refused, claimers };
}

type Play = Awaited<ReturnType<typeof run>>;

/** Until everything has ended, or nothing ends any more. */
async function run({ postgres, storages, storage, refused, claimers }: Stage, { deliveries, kills }: DeliveriesOptions) {
  const stop = new AbortController();
  const { signal } = stop;
  setMaxListeners(0, signal); // everybody who waits has one
  const orders = new Orders();
  const progress = new Progress(postgres, orders);
  const listeners = new Listeners({ storage, botId: BOT_ID, refused, signal });
  const ended = () => progress.ended;
  const killer = new Killer({ kills, deliveries, ended, claimers, storages, postgres, freezeMs: FREEZE_MS, signal });
  const isFull = () => progress.open > MAX_OPEN;
  const onAccepted = listeners.accepted.bind(listeners);
  let over = false;
  const work = Promise.all([
    createAll(orders, { storage, botId: BOT_ID, deliveries, isFull, refused, onAccepted, signal }),
    killer.run(),
  ])
    .then(() => listeners.silent())
    .then(() => void (over = true));
  const retrying = listeners.retryOn(postgres);
  try {
    // What fails ends it all, with its reason.
    await Promise.race([progress.watch(() => over, signal), Promise.all([work, retrying])]);
  } finally {
    stop.abort();
    await Promise.allSettled([work, retrying]);
  }
  return { orders, listeners, killer };
}

async function prove(stage: Stage, { orders, listeners, killer }: Play, { kills }: DeliveriesOptions): Promise<Finding[]> {
  const { postgres, storages, telegram, refused } = stage;
  const evidence: Evidence = { orders, rows: await readDeliveries(postgres), telegram, retried: listeners.retried };
  const sent = evidence.rows.filter(({ state }) => state === SENT).length;
  const unexpected = unexpectedErrors(storages).entries();
  return [
    ...killer.kills.entries().map(([kind, count]) => figure(`kills: ${kind}`, count)),
    exactly("kills", killer.made, kills),
    figure("claimers frozen for longer than their lease", killer.freezes),
    exactly("storage processes that ended by themselves", killer.crashes, 0),
    ...unexpected.map(([what, count]) => exactly(`error of storage: ${what}`, count, 0)),
    ...refused.entries().map(([what, count]) => figure(`not answered: ${what}`, count)),
    ...proveKept(evidence),
    ...proveArrived(evidence),
    ...proveOrder(evidence),
    exactly("leftovers of batches that have ended", await countLeftovers(postgres), 0),
    exactly("plays in the charts", await countPlays(postgres), sent),
    figure("withdrawn by listeners, as they were told", listeners.cancelled),
    figure("pauses", listeners.pauses),
    figure("batches whose failures were asked for again", listeners.retried.size),
    ...times(evidence),
  ];
}
