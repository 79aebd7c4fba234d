import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { ask } from "./ask.js";
import { isOver, type HeldBatch, type HeldDelivery } from "./held-batch.js";
import type { Laboratory } from "./laboratory.js";
import type { Verdict } from "./messages.js";
import { failed, failedForNow, outcomeOf, type Outcome } from "./outcomes.js";

export interface DeliverOptions {
  readonly storage: Client<typeof StorageService>;
  readonly laboratory: Laboratory;
}

const MAX_FETCH_MS = 10;
/** Of a thousand fetches. */
const PER_MILLE = { sourceDown: 30, trackGone: 3, noted: 100 };

/** What became of a delivery here. */
type End =
  /** Storage has been told, or has it from somebody else. */
  | "over"
  | "not its turn"
  /** It may be somebody else's by now: storage could not be told in time. */
  | "late";

/** Delivers the first of a batch whose turn it is. False: it is the turn of none. */
export async function deliverFirst(batch: HeldBatch, options: DeliverOptions): Promise<boolean> {
  for (const held of batch.inOrder) {
    const end = await deliver(held, options);
    if (end === "over" || end === "late") batch.remove(held);
    if (end !== "not its turn") return true;
  }
  return false;
}

async function deliver(held: HeldDelivery, options: DeliverOptions): Promise<End> {
  const early = await endEarly(held, options);
  if (early) return complete(early, held, options);
  const { storage, laboratory } = options;
  const turn = await ask("BeginSend", held, laboratory, () =>
    storage.beginSend({ deliveryId: held.delivery.id, token: held.token }),
  );
  if (turn.kind === "refused") return turn.reason === "NOT_ITS_TURN" ? "not its turn" : "over";
  // Also of whoever was frozen between the permission and this moment.
  if (turn.kind === "late" || isOver(held)) return "late";
  const verdict = await send(held, turn.value.resend, options);
  return complete(outcomeOf(verdict), held, options);
}

/** Fetches the file, which takes a moment. Says how it ended when there is nothing to send. */
async function endEarly(held: HeldDelivery, { storage, laboratory }: DeliverOptions): Promise<Outcome | undefined> {
  const { id, failureReason } = held.delivery;
  if (failureReason !== "") return failed(failureReason);
  await wait(randomInt(MAX_FETCH_MS));
  const dice = randomInt(1_000);
  if (dice < PER_MILLE.sourceDown) return failedForNow("SOURCE_UNAVAILABLE");
  if (dice < PER_MILLE.sourceDown + PER_MILLE.trackGone) return failed("TRACK_GONE");
  if (dice >= 1_000 - PER_MILLE.noted) {
    const note = { deliveryId: id, token: held.token, taskId: `task-${id}` };
    await ask("UpdateDelivery", held, laboratory, () => storage.updateDelivery(note));
  }
  return undefined;
}

function send(
  { delivery, token, leaseUntilMs }: HeldDelivery,
  resend: boolean,
  { laboratory }: DeliverOptions,
): Promise<Verdict> {
  return laboratory.send({
    deliveryId: delivery.id,
    batchId: delivery.batchId,
    position: delivery.position,
    token: Number(token),
    resend,
    trackKey: delivery.track?.key ?? "",
    upload: delivery.telegramFileId === "",
    sentAtMs: Date.now(),
    leaseUntilMs,
  });
}

async function complete(outcome: Outcome, held: HeldDelivery, { storage, laboratory }: DeliverOptions): Promise<End> {
  const { delivery, token } = held;
  const end = { deliveryId: delivery.id, token, outcome };
  const { kind } = await ask("CompleteDelivery", held, laboratory, () => storage.completeDelivery(end));
  if (kind === "answered" && outcome.case === "sent") laboratory.tell({ kind: "sent", trackKey: delivery.track?.key ?? "" });
  return kind === "late" ? "late" : "over";
}
