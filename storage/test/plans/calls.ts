import { createHash } from "node:crypto";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { SearchKind } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { ChartPeriod } from "@refrain/gen/refrain/storage/v1/statistics_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { TrackOrder } from "@refrain/gen/refrain/storage/v1/track_pb";
import type { Repo } from "../../src/repo/repo.js";
import { track } from "../samples.js";
import type { StorageClient } from "../test-storage.js";
import { BOT, COLLECTOR, NOW, USER } from "./fill.js";

/** What a call works with. They run one after another, in the order of this file. */
interface Stage {
  readonly client: StorageClient;
  readonly repo: Repo;
}

type Call = (stage: Stage) => Promise<unknown>;

/** The delivery that was handed out last, of a thousand batches that wait. */
const held = { deliveryId: "", batchId: "", userId: "", token: 0n };
/** A track that was saved. */
const saved = { id: "", track: track({ url: "library://plans" }) };
const { signal } = new AbortController();
/** Reaches what another user's work has put in front of ours. */
const CLAIMER = "claimer of the plans";

const key = (i: number) => createHash("md5").update(String(i)).digest("hex").slice(0, 22);
const search = { kind: SearchKind.QUERY, query: "believer" };

/** Takes the delivery again that is to be worked on. */
async function claim({ client }: Stage): Promise<void> {
  const { deliveries } = await client.claimDeliveries({ botId: BOT, claimer: CLAIMER, limit: 1 });
  const [claimed] = deliveries;
  if (claimed?.delivery === undefined) throw new Error("nothing was handed out");
  Object.assign(held, {
    deliveryId: claimed.delivery.id,
    batchId: claimed.delivery.batchId,
    userId: claimed.delivery.userId,
    token: claimed.token,
  });
}

/** Every RPC, under its name, and beside them what storage does by itself. What a call sends is planned. */
export const CALLS: Readonly<Record<keyof typeof StorageService.method | OwnWork, Call>> = {
  getSearchCache: ({ client }) => client.getSearchCache(search),
  setSearchCache: ({ client }) => client.setSearchCache({ ...search, results: { tracks: [track({ url: "library://plans" })] } }),
  getTracks: ({ client }) =>
    client.getTracks({ keys: [key(1), key(20_001)], userId: USER, botId: BOT, format: AudioFormat.AUTO }),
  saveTrack: async ({ client }) => {
    const { savedTrack } = await client.saveTrack({ userId: USER, track: saved.track, sizeBytes: 1n });
    saved.id = savedTrack?.id ?? "";
    await client.saveTrack({ userId: USER, track: saved.track, sizeBytes: 1n });
  },
  listTracks: async ({ client }) => {
    for (const order of [TrackOrder.NEWEST, TrackOrder.OLDEST, TrackOrder.LIKED]) {
      for (const query of ["", "believer"]) {
        const first = await client.listTracks({ userId: COLLECTOR, order, query });
        await client.listTracks({ userId: COLLECTOR, order, query, pageToken: first.nextPageToken });
      }
    }
  },
  likeTrack: async ({ client }) => {
    for (const liked of [true, false]) await client.likeTrack({ userId: USER, key: saved.track.key, liked });
  },
  deleteTrack: async ({ client }) => {
    for (let i = 0; i < 2; i++) await client.deleteTrack({ userId: USER, id: saved.id });
  },
  restoreTrack: async ({ client }) => {
    for (let i = 0; i < 2; i++) await client.restoreTrack({ userId: USER, id: saved.id });
  },
  importTracks: ({ client }) => client.importTracks({ userId: USER, tracks: [{ track: track({ url: "library://imported" }) }] }),
  listRecentTracks: ({ client }) => client.listRecentTracks({ userId: USER }),
  setChoice: ({ client }) => client.setChoice({ userId: USER, query: "believer", track: saved.track }),
  getChoice: ({ client }) => client.getChoice({ userId: USER, query: "believer" }),
  setTelegramFile: ({ client }) => client.setTelegramFile({ botId: BOT, url: saved.track.url, telegramFileId: "file" }),
  deleteTelegramFile: async ({ client }) => {
    for (const telegramFileId of ["file", ""])
      await client.deleteTelegramFile({ botId: BOT, url: saved.track.url, telegramFileId });
  },
  getUser: ({ client }) => client.getUser({ userId: USER }),
  updateUser: async ({ client }) => {
    await client.updateUser({ userId: USER, language: "ru", blocked: false });
    await client.updateUser({ userId: USER, addUse: { key: "1", searches: 1 } });
  },
  listUsers: async ({ client }) => {
    for await (const { users } of client.listUsers({})) if (users.length === 0) return;
  },
  listTopTracks: async ({ client }) => {
    for (const period of [ChartPeriod.DAY, ChartPeriod.WEEK, ChartPeriod.ALL_TIME]) await client.listTopTracks({ period });
  },
  getStats: ({ client }) => client.getStats({ days: 7 }),

  createDeliveries: async ({ client }) => {
    const deliveries = [1, 2].map((i) => ({ track: track({ url: `library://delivered/${i}` }) }));
    for (let i = 0; i < 2; i++) {
      await client.createDeliveries({ botId: BOT, requestKey: "plans", userId: USER, chatId: 1n, deliveries });
    }
  },
  claimDeliveries: claim,
  renewLease: ({ client }) => client.renewLease({ leases: [held] }),
  updateDelivery: ({ client }) => client.updateDelivery({ ...held, cardMessageId: 7n, taskId: "task" }),
  beginSend: ({ client }) => client.beginSend(held),
  completeDelivery: async (stage) => {
    const sent = { messageId: 1n, telegramFileId: "file", save: true, sizeBytes: 1n };
    await stage.client.completeDelivery({ ...held, outcome: { case: "sent", value: sent } });
    await claim(stage);
    const failed = { reason: "TOO_LONG", retryable: false };
    await stage.client.completeDelivery({ ...held, outcome: { case: "failed", value: failed } });
  },
  pauseBatch: ({ client }) => client.pauseBatch(held),
  resumeBatch: ({ client }) => client.resumeBatch(held),
  retryBatch: ({ client }) => client.retryBatch(held),
  getBatch: ({ client }) => client.getBatch({ batchId: held.batchId }),
  cancelDeliveries: async ({ client }) => {
    await client.cancelDeliveries({ userId: held.userId, botId: BOT, batchId: held.batchId });
    await client.cancelDeliveries({ userId: held.userId, botId: BOT, deliveryId: held.deliveryId });
    await client.cancelDeliveries({ userId: USER, botId: BOT });
  },
  /** Many at once, of which leases some are taken back from others. */
  claimFromMany: ({ client }) => client.claimDeliveries({ botId: BOT, claimer: CLAIMER, limit: 20 }),

  exportUser: async ({ client }) => {
    for await (const { part } of client.exportUser({ userId: COLLECTOR })) if (part.case === undefined) return;
  },
  deleteUser: ({ client }) => client.deleteUser({ userId: USER }),

  ping: ({ repo }) => repo.ping(),
  announce: ({ repo }) => repo.deliveries.announce({ botId: BOT }),
  flushCounts: ({ repo }) =>
    repo.dayCounts.add([{ day: "2026-11-22", name: "searches", value: 1 }], { name: "plans", day: "2026-11-22", sequence: 1 }),
  sweepExpired: ({ repo }) => repo.expiry.sweep({ searches: 199_000, tracks: 199_000 }, NOW, signal),
  sweepSavedTracks: ({ repo }) => repo.savedTracks.sweep(NOW, signal),
  sweepChoices: ({ repo }) => repo.choices.sweep(270, NOW, signal),
  sweepDeliveries: ({ repo }) => repo.deliveries.sweep(28, NOW, signal),
  sweepCharts: ({ repo }) => repo.charts.sweep(390, NOW, signal),
  sweepDayCounts: ({ repo }) => repo.dayCounts.sweep(390, NOW, signal),
};

type OwnWork =
  | "claimFromMany"
  | "ping"
  | "announce"
  | "flushCounts"
  | "sweepExpired"
  | "sweepSavedTracks"
  | "sweepChoices"
  | "sweepDeliveries"
  | "sweepCharts"
  | "sweepDayCounts";
