import { DeliveryState, type Delivery } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { reasonOf } from "@refrain/mesh";
import * as fc from "fast-check";
import { expect } from "vitest";
import type { StorageClient, TestClock } from "../test-storage.js";
import {
  isHeld,
  isOpen,
  isPending,
  newDelivery,
  type DeliveryModel,
  type ModelBatch,
  type ModelClaim,
  type ModelDelivery,
} from "./model.js";

export const LEASE_MS = 30_000;

/** What the commands act on. */
export interface Real {
  readonly client: StorageClient;
  readonly clock: TestClock;
  readonly botId: string;
  readonly tracks: readonly Track[];
}

export type DeliveryCommand = fc.AsyncCommand<DeliveryModel, Real>;

type Run = (model: DeliveryModel, real: Real) => Promise<void>;

function command(name: string, run: Run, check: (model: DeliveryModel) => boolean = () => true): DeliveryCommand {
  return { run, check, toString: () => name };
}

/** Counted from the newest, which most calls are about: else a claim would rarely be brought to its end. */
const index = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 100 }) });
const claimer = fc.constantFrom("one", "two");
const user = fc.constantFrom("a", "b", "c");

function pick<T>(items: readonly T[], at: number): T {
  const item = items[items.length - 1 - (at % items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** Every way in which callers may act on deliveries. */
export function deliveryCommands(): fc.Arbitrary<DeliveryCommand>[] {
  const hasBatch = ({ batches }: DeliveryModel) => batches.length > 0;
  const hasClaim = ({ claims }: DeliveryModel) => claims.length > 0;
  return [
    fc
      .tuple(user, fc.array(index, { minLength: 1, maxLength: 4 }), fc.constantFrom(60, 86_400))
      .map(([userId, tracks, ttl]) =>
        command(`create ${userId} ${tracks.join()} for ${ttl} s`, (model, real) => create(model, real, userId, tracks, ttl)),
      ),
    index.map((at) => command(`create batch ${at} again`, (model, real) => createAgain(real, pick(model.batches, at)), hasBatch)),
    fc
      .tuple(claimer, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }))
      .map(([name, limit, perBatch]) =>
        command(`${name} claims ${limit}, ${perBatch} of a batch`, (model, real) => claim(model, real, name, limit, perBatch)),
      ),
    fc
      .constantFrom(1, 5_000, LEASE_MS, LEASE_MS, LEASE_MS, 600_000, 86_400_000)
      .map((ms) => command(`${ms} ms pass`, (model, real) => pass(model, real, ms))),
    index.map((at) => command(`renew ${at}`, (model, real) => renew(model, real, pick(model.claims, at)), hasClaim)),
    index.map((at) => command(`begin ${at}`, (model, real) => beginSend(model, real, pick(model.claims, at)), hasClaim)),
    index.map((at) => command(`sent ${at}`, (model, real) => sent(model, real, pick(model.claims, at)), hasClaim)),
    fc
      .tuple(index, fc.boolean(), fc.boolean())
      .map(([at, retryable, maybeSent]) =>
        command(
          `failed ${at} ${retryable} ${maybeSent}`,
          (model, real) => failed(model, real, pick(model.claims, at), retryable, maybeSent),
          hasClaim,
        ),
      ),
    fc
      .tuple(index, user)
      .map(([at, userId]) => command(`cancel ${at} ${userId}`, (model, real) => cancel(model, real, at, userId))),
    index.map((at) => command(`pause ${at}`, (model, real) => pause(model, real, pick(model.batches, at)), hasBatch)),
    index.map((at) => command(`resume ${at}`, (model, real) => resume(model, real, pick(model.batches, at)), hasBatch)),
    index.map((at) => command(`retry ${at}`, (model, real) => retry(model, real, pick(model.batches, at)), hasBatch)),
    index.map((at) => command(`file of track ${at}`, (model, real) => setFile(model, real, at))),
    fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.boolean())
      .map(([times, begins]) =>
        command(`${times} claimers die ${begins ? "while they send" : "before"}`, (model, real) =>
          die(model, real, times, begins),
        ),
      ),
    index.map((at) => command(`look at ${at}`, (model, real) => expectSame(real, pick(model.batches, at)), hasBatch)),
  ];
}

async function create(model: DeliveryModel, real: Real, userId: string, picks: number[], ttlSeconds: number): Promise<void> {
  const tracks = picks.map((at) => pick(real.tracks, at));
  const requestKey = String(model.batches.length);
  const answer = await ask(real, { userId, requestKey }, tracks, ttlSeconds);
  expect(answer.created).toBe(true);
  const ttlMs = ttlSeconds * 1_000;
  const batch: ModelBatch = {
    id: answer.batch?.id ?? "",
    userId,
    requestKey,
    ttlMs,
    deliveries: [],
    expiresAt: model.now + ttlMs,
    paused: false,
    claimer: undefined,
  };
  tracks.forEach(({ key }, place) => {
    batch.deliveries.push(newDelivery(answer.deliveryIds[place] ?? "", batch, key, place, model.now));
  });
  model.batches.push(batch);
}

/** With other tracks, even: the key decides. */
async function createAgain(real: Real, { requestKey, userId, deliveries }: ModelBatch): Promise<void> {
  const answer = await ask(real, { userId, requestKey }, [pick(real.tracks, 0)], 60);
  expect(answer.created).toBe(false);
  expect(answer.deliveryIds).toEqual(deliveries.map(({ id }) => id));
}

function ask({ client, botId }: Real, who: { userId: string; requestKey: string }, tracks: Track[], ttlSeconds: number) {
  return client.createDeliveries({ botId, ...who, chatId: 1n, ttlSeconds, deliveries: tracks.map((track) => ({ track })) });
}

async function claim(model: DeliveryModel, { client, botId }: Real, name: string, limit: number, limitPerBatch: number) {
  const answer = await client.claimDeliveries({ botId, claimer: name, limit, limitPerBatch, leaseMs: LEASE_MS });
  model.reap();
  expect(answer.deliveries.length).toBeLessThanOrEqual(limit);
  for (const { delivery, token } of answer.deliveries) {
    const expected = model.claimable(name, limitPerBatch).find(({ id }) => id === delivery?.id);
    if (expected === undefined) throw new Error(`${delivery?.id} was handed out and should not have been`);
    expect(token).toBeGreaterThan(expected.token);
    model.claim(expected, name, token, LEASE_MS);
    expect(seen(delivery)).toEqual(modelled(expected));
  }
  // Nobody is left waiting while there is room.
  if (answer.deliveries.length < limit) expect(model.claimable(name, limitPerBatch)).toEqual([]);
}

/** What random calls seldom do to one delivery, and crashes do: its claimers end one after another. */
async function die(model: DeliveryModel, real: Real, times: number, begins: boolean): Promise<void> {
  for (let time = 0; time < times; time++) {
    await claim(model, real, "one", 4, 3);
    if (begins) for (const claimed of model.claims.slice(-2)) await beginSend(model, real, claimed);
    await pass(model, real, LEASE_MS);
  }
}

async function pass(model: DeliveryModel, { clock }: Real, ms: number): Promise<void> {
  clock.advance(ms);
  model.now += ms;
}

async function renew(model: DeliveryModel, { client }: Real, { delivery, token }: ModelClaim): Promise<void> {
  const { leases } = await client.renewLease({ leases: [{ deliveryId: delivery.id, token }], leaseMs: LEASE_MS });
  const renewed = isHeld(delivery) && delivery.token === token;
  expect(leases.map((lease) => lease.renewed)).toEqual([renewed]);
  if (renewed) delivery.leaseUntil = model.now + LEASE_MS;
}

async function beginSend(_: DeliveryModel, { client }: Real, { delivery, token }: ModelClaim): Promise<void> {
  const call = client.beginSend({ deliveryId: delivery.id, token });
  if (!isHeld(delivery) || delivery.token !== token) return refused(call, "LEASE_LOST");
  if (delivery.reason !== "") return refused(call, "GIVEN_UP");
  if (delivery.batch.deliveries.some((other) => other.place < delivery.place && isOpen(other)))
    return refused(call, "NOT_ITS_TURN");
  expect(await call).toMatchObject({ resend: delivery.resends > 0 });
  delivery.state = DeliveryState.SENDING;
}

async function sent(model: DeliveryModel, { client }: Real, { delivery, token }: ModelClaim): Promise<void> {
  const value = { messageId: 5n, telegramFileId: `file of ${delivery.trackKey}` };
  const call = client.completeDelivery({ deliveryId: delivery.id, token, outcome: { case: "sent", value } });
  if (delivery.completedToken === token) return unchanged(call, delivery);
  if (!isHeld(delivery) || delivery.token !== token) return refused(call, "LEASE_LOST");
  if (delivery.state !== DeliveryState.SENDING) return refused(call, "NOT_SENDING");
  await call;
  model.files.add(delivery.trackKey);
  Object.assign(delivery, { state: DeliveryState.SENT, uploads: false, completedToken: token, reason: "" });
  model.settle(delivery.batch);
}

async function failed(model: DeliveryModel, { client }: Real, claimed: ModelClaim, retryable: boolean, maybeSent: boolean) {
  const { delivery, token } = claimed;
  const value = { reason: "SOURCE_UNAVAILABLE", retryable, maybeSent, retryAfterMs: 5_000 };
  const call = client.completeDelivery({ deliveryId: delivery.id, token, outcome: { case: "failed", value } });
  if (delivery.completedToken === token) return unchanged(call, delivery);
  if (!isHeld(delivery) || delivery.token !== token) return refused(call, "LEASE_LOST");
  await call;
  const again = retryable && delivery.reason === "";
  if (again) Object.assign(delivery, { notBefore: model.now + 5_000, resends: delivery.resends + (maybeSent ? 1 : 0) });
  const state = again ? DeliveryState.PENDING : DeliveryState.FAILED;
  Object.assign(delivery, { state, uploads: false, completedToken: token, reason: "SOURCE_UNAVAILABLE" });
  model.settle(delivery.batch);
}

/** Of a user, or of a batch whose user that may be. */
async function cancel(model: DeliveryModel, { client, botId }: Real, at: number, userId: string): Promise<void> {
  const batch = at % 2 === 0 || model.batches.length === 0 ? undefined : pick(model.batches, at);
  const answer = await client.cancelDeliveries({ userId, botId, ...(batch && { batchId: batch.id }) });
  const meant = model.batches.filter((one) => one.userId === userId && (batch === undefined || one === batch));
  const all = meant.flatMap(({ deliveries }) => deliveries);
  const ended = all.filter((one) => isPending(one) || one.state === DeliveryState.CLAIMED);
  expect(answer).toMatchObject({
    cancelled: ended.length,
    sending: all.filter(({ state }) => state === DeliveryState.SENDING).length,
  });
  for (const delivery of ended) Object.assign(delivery, { state: DeliveryState.CANCELLED, uploads: false });
  for (const one of meant) model.settle(one);
}

async function pause(model: DeliveryModel, { client }: Real, batch: ModelBatch): Promise<void> {
  await client.pauseBatch({ userId: batch.userId, batchId: batch.id });
  batch.paused = true;
  for (const delivery of batch.deliveries.filter(({ state }) => state === DeliveryState.CLAIMED)) {
    Object.assign(delivery, { state: DeliveryState.PENDING, attempts: delivery.attempts - 1, uploads: false });
  }
  model.settle(batch);
}

async function resume(_: DeliveryModel, { client }: Real, batch: ModelBatch): Promise<void> {
  await client.resumeBatch({ userId: batch.userId, batchId: batch.id });
  batch.paused = false;
}

async function retry(model: DeliveryModel, { client }: Real, batch: ModelBatch): Promise<void> {
  const answer = await client.retryBatch({ userId: batch.userId, batchId: batch.id });
  const ended = batch.deliveries
    .filter(({ state }) => state === DeliveryState.FAILED)
    .toSorted((one, other) => one.place - other.place);
  expect(answer.retried).toBe(ended.length);
  if (ended.length === 0) return;
  const last = Math.max(...batch.deliveries.map(({ place }) => place));
  ended.forEach((delivery, at) => {
    Object.assign(delivery, { state: DeliveryState.PENDING, attempts: 0, resends: 0, reason: "", completedToken: undefined });
    Object.assign(delivery, { notBefore: model.now, place: last + 1 + at });
  });
  Object.assign(batch, { paused: false, expiresAt: model.now + batch.ttlMs });
}

async function setFile(model: DeliveryModel, { client, botId, tracks }: Real, at: number): Promise<void> {
  const { url, key } = pick(tracks, at);
  await client.setTelegramFile({ botId, url, telegramFileId: `file of ${key}` });
  model.files.add(key);
}

async function unchanged(call: Promise<{ delivery?: Delivery | undefined }>, delivery: ModelDelivery): Promise<void> {
  expect(seen((await call).delivery)).toEqual(modelled(delivery));
}

/** All that callers see of a batch is as the model says. */
export async function expectSame({ client }: Real, batch: ModelBatch): Promise<void> {
  const answer = await client.getBatch({ batchId: batch.id });
  expect(answer.deliveries.map(seen)).toEqual(batch.deliveries.map(modelled));
}

function seen(delivery: Delivery | undefined) {
  const { id, state, attempts, resends, failureReason: reason } = delivery ?? {};
  return { id, state, attempts, resends, reason };
}

function modelled({ id, state, attempts, resends, reason }: ModelDelivery) {
  return { id, state, attempts, resends, reason };
}

async function refused(call: Promise<unknown>, reason: string): Promise<void> {
  const error = await call.then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  expect(reasonOf(error)).toBe(reason);
}
