import { DeliveryState, type ClaimedDelivery } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import { reasonOf } from "@refrain/mesh";
import * as fc from "fast-check";
import { LEASE_MS, type Real } from "./commands.js";

/** What one of several callers does at the same time as the others. */
export type Step =
  | { readonly kind: "create"; readonly user: string; readonly tracks: readonly number[] }
  | { readonly kind: "work"; readonly limit: number; readonly ending: "sent" | "fails" | "is lost" }
  | { readonly kind: "late"; readonly at: number }
  | { readonly kind: "cancel" | "pause" | "resume" | "retry"; readonly at: number }
  | { readonly kind: "pass"; readonly ms: number };

const at = fc.nat({ max: 100 });

/** Some steps of each caller. */
export const scripts = fc.array(
  fc.array(
    fc.oneof(
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("create" as const),
          user: fc.constantFrom("a", "b"),
          tracks: fc.array(at, { minLength: 1, maxLength: 4 }),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant("work" as const),
          limit: fc.integer({ min: 1, max: 4 }),
          ending: fc.constantFrom("sent" as const, "sent" as const, "fails" as const, "is lost" as const),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("late" as const), at }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom("cancel" as const, "pause" as const, "resume" as const, "retry" as const),
          at,
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(5_000, LEASE_MS) }) },
    ),
    { minLength: 3, maxLength: 10, size: "max" },
  ),
  { minLength: 4, maxLength: 4 },
);

/** A call with a token that was let through, between two moments. */
export interface Passed {
  readonly deliveryId: string;
  readonly token: bigint;
  readonly call: "begin" | "end";
  readonly from: number;
  readonly to: number;
}

/** What callers saw, whoever they were. */
export interface History {
  readonly created: { readonly batchId: string; readonly userId: string; readonly ids: readonly string[] }[];
  readonly claims: { readonly deliveryId: string; readonly token: bigint }[];
  readonly passed: Passed[];
}

/** One caller among others. What storage refuses for a reason of the contract is part of the game; anything else is thrown. */
export class Actor {
  readonly #name: string;
  readonly #real: Real;
  readonly #history: History;

  constructor(name: string, real: Real, history: History) {
    this.#name = name;
    this.#real = real;
    this.#history = history;
  }

  async play(script: readonly Step[]): Promise<void> {
    for (const step of script) await this.#do(step);
  }

  async #do(step: Step): Promise<unknown> {
    switch (step.kind) {
      case "create":
        return this.#create(step.user, step.tracks);
      case "work":
        return this.work(step.limit, step.ending);
      case "late":
        return this.#actLate(step.at);
      case "pass":
        return this.#real.clock.advance(step.ms);
      case "cancel":
      case "pause":
      case "resume":
      case "retry":
        return this.#manage(step.kind, pick(this.#history.created, step.at));
    }
  }

  async #manage(kind: "cancel" | "pause" | "resume" | "retry", batch: History["created"][number] | undefined): Promise<unknown> {
    if (batch === undefined) return undefined;
    const { client, botId } = this.#real;
    const { batchId, userId } = batch;
    if (kind === "cancel") return client.cancelDeliveries({ botId, userId, batchId });
    const call = { pause: client.pauseBatch, resume: client.resumeBatch, retry: client.retryBatch }[kind];
    return call({ batchId, userId });
  }

  async #create(userId: string, picks: readonly number[]): Promise<void> {
    const { client, botId, tracks } = this.#real;
    const deliveries = picks.map((one) => ({ track: tracks[one % tracks.length] ?? {} }));
    const requestKey = `${this.#name} ${this.#history.created.length}`;
    const answer = await client.createDeliveries({ botId, requestKey, userId, chatId: 1n, deliveries });
    this.#history.created.push({ batchId: answer.batch?.id ?? "", userId, ids: answer.deliveryIds });
  }

  /** Claims, and ends what it was given. Returns how many that were. */
  async work(limit: number, ending: "sent" | "fails" | "is lost"): Promise<number> {
    const { client, botId } = this.#real;
    const { deliveries } = await client.claimDeliveries({ botId, claimer: this.#name, limit, leaseMs: LEASE_MS });
    for (const claimed of deliveries) this.#history.claims.push({ deliveryId: claimed.delivery?.id ?? "", token: claimed.token });
    for (const claimed of deliveries) await this.#end(claimed, ending);
    return deliveries.length;
  }

  async #end({ delivery, token }: ClaimedDelivery, ending: "sent" | "fails" | "is lost"): Promise<void> {
    const held = { deliveryId: delivery?.id ?? "", token };
    if (delivery?.failureReason) return void (await this.#complete(held, "fails"));
    if (ending === "fails") return void (await this.#complete(held, "fails"));
    if (!(await this.#begin(held)) || ending === "is lost") return;
    await this.#complete(held, "sent");
  }

  /** As a holder that has slept: with a token of some claim, its own or another's. */
  async #actLate(at: number): Promise<void> {
    const claim = pick(this.#history.claims, at);
    if (claim !== undefined && (await this.#begin(claim))) await this.#complete(claim, "sent");
  }

  #begin(held: { deliveryId: string; token: bigint }): Promise<boolean> {
    return this.#note("begin", held, () => this.#real.client.beginSend(held));
  }

  #complete(held: { deliveryId: string; token: bigint }, ending: "sent" | "fails"): Promise<boolean> {
    const sent = { case: "sent" as const, value: { messageId: 1n, telegramFileId: "file" } };
    const failed = { case: "failed" as const, value: { reason: "OUT_OF_LUCK", retryable: true, retryAfterMs: 1 } };
    const outcome = ending === "sent" ? sent : failed;
    return this.#note("end", held, () => this.#real.client.completeDelivery({ ...held, outcome }));
  }

  async #note(call: Passed["call"], held: { deliveryId: string; token: bigint }, work: () => Promise<unknown>): Promise<boolean> {
    const from = performance.now();
    try {
      await work();
      this.#history.passed.push({ ...held, call, from, to: performance.now() });
      return true;
    } catch (error) {
      if (REFUSALS.has(reasonOf(error) ?? "")) return false;
      throw error;
    }
  }
}

const REFUSALS = new Set(["LEASE_LOST", "NOT_ITS_TURN", "NOT_SENDING", "GIVEN_UP"]);

export const FINAL: ReadonlySet<DeliveryState> = new Set([DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.CANCELLED]);

function pick<T>(items: readonly T[], index: number): T | undefined {
  return items[index % Math.max(1, items.length)];
}
