import { afterAll, beforeAll } from "vitest";
import { openTestStorage, type DatabaseKind, type TestStorage } from "../test-storage.js";
import { anyDeliverySuite } from "./any-delivery.js";
import { anyInputSuite } from "./any-input.js";
import { chartsSuite } from "./charts.js";
import { choicesSuite } from "./choices.js";
import { dailyUseSuite } from "./daily-use.js";
import { deliveriesSuite } from "./deliveries.js";
import { deliveryBatchesSuite } from "./delivery-batches.js";
import { deliveryLeasesSuite } from "./delivery-leases.js";
import { deliveryModelSuite } from "./delivery-model.js";
import { deliveryTogetherSuite } from "./delivery-together.js";
import { expirySuite } from "./expiry.js";
import { importTracksSuite } from "./import.js";
import { knownTracksSuite } from "./known-tracks.js";
import { likesSuite } from "./likes.js";
import { listUsersSuite } from "./list-users.js";
import { migrationsSuite } from "./migrations.js";
import { pagingSuite } from "./paging.js";
import { personalDataSuite } from "./personal-data.js";
import { recentTracksSuite } from "./recent-tracks.js";
import { restoreSuite } from "./restore.js";
import { savedTracksSuite } from "./saved-tracks.js";
import { searchCacheSuite } from "./search-cache.js";
import { statisticsSuite } from "./statistics.js";
import { usersSuite } from "./users.js";

/** Time to start a server, or to make an embedded database where no build has made one yet. */
const OPEN_MS = 120_000;

/** What storage must do on every kind of database. */
export function storageSuite(open: () => Promise<DatabaseKind>): void {
  let opened: TestStorage | undefined;
  const storage = () => {
    if (opened === undefined) throw new Error("storage is not open");
    return opened;
  };
  beforeAll(async () => {
    opened = await openTestStorage(await open());
  }, OPEN_MS);
  afterAll(async () => {
    await opened?.close();
  });

  searchCacheSuite(storage);
  knownTracksSuite(storage);
  savedTracksSuite(storage);
  restoreSuite(storage);
  likesSuite(storage);
  importTracksSuite(storage);
  pagingSuite(storage);
  recentTracksSuite(storage);
  choicesSuite(storage);
  usersSuite(storage);
  dailyUseSuite(storage);
  listUsersSuite(storage);
  personalDataSuite(storage);
  deliveriesSuite(storage);
  deliveryLeasesSuite(storage);
  deliveryBatchesSuite(storage);
  deliveryModelSuite(storage);
  deliveryTogetherSuite(storage);
  chartsSuite(storage);
  statisticsSuite(storage);
  expirySuite(storage);
  anyInputSuite(storage);
  anyDeliverySuite(storage);
  migrationsSuite(storage);
}
