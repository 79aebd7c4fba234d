import * as fc from "fast-check";
import { describe, test } from "vitest";
import { deliveryCommands, expectSame } from "../delivery-model/commands.js";
import { DeliveryModel } from "../delivery-model/model.js";
import { track, unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

const SLOW_MS = 240_000;
const RUNS = 40;
const COMMANDS = 100;

/** Deliveries against a model of them: whatever is called in whatever order, both say the same. */
export function deliveryModelSuite(storage: () => TestStorage): void {
  describe("deliveries and their model", { timeout: SLOW_MS }, () => {
    test(`agree after each of up to ${COMMANDS} calls`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.commands(deliveryCommands(), { maxCommands: COMMANDS, size: "max" }), async (commands) => {
          const clock = testClock();
          const real = { client: storage().client(clock), clock, botId: unique("bot"), tracks: [track(), track(), track()] };
          const model = new DeliveryModel(clock().getTime());
          await fc.asyncModelRun(() => ({ model, real }), commands);
          for (const batch of model.batches) await expectSame(real, batch);
        }),
        { numRuns: RUNS },
      );
    });
  });
}
