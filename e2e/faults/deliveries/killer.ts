import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { ServiceProcess } from "../lab/service-process.js";
import type { Claimers } from "./claimers.js";
import { Counts } from "./counts.js";
import type { Postgres } from "./postgres.js";

export interface KillerOptions {
  readonly kills: number;
  readonly deliveries: number;
  /** Deliveries that have ended so far. */
  readonly ended: () => number;
  readonly claimers: Claimers;
  readonly storages: readonly ServiceProcess[];
  readonly postgres: Postgres;
  /** Longer than a lease. */
  readonly freezeMs: number;
  readonly signal: AbortSignal;
}

type Kind = "claimer" | "storage" | "connection" | "postgres" | "postgres process";

/** Of all kills; the rest is PostgreSQL. */
const SHARES = { claimer: 0.6, storage: 0.25, connection: 0.1 };
/** One claimer is frozen for so many kills. */
const KILLS_PER_FREEZE = 10;
/** The last kill comes before the last deliveries. */
const LAST = 0.95;
const LOOK_MS = 20;
const RESTART_MS = 120_000;
const LAST_LINES = 12;

/** Kills at random moments, spread over the whole work, and starts again what was killed. */
export class Killer {
  readonly #options: KillerOptions;
  readonly #restarts = new Set<Promise<void>>();
  readonly kills = new Counts();
  freezes = 0;
  /** Storage processes that ended though nobody killed them. */
  crashes = 0;
  readonly #starting = new Set<ServiceProcess>();

  constructor(options: KillerOptions) {
    this.#options = options;
  }

  get made(): number {
    return this.kills.entries().reduce((sum, [, count]) => sum + count, 0);
  }

  /** Resolves when the last kill was made and everything runs again. */
  async run(): Promise<void> {
    const { kills, deliveries, ended } = this.#options;
    const moments = Array.from({ length: kills }, () => Math.random() * LAST * deliveries).toSorted((one, other) => one - other);
    const kinds = deck(kills);
    for (const [index, moment] of moments.entries()) {
      while (ended() < moment) await this.#look();
      const kind = kinds[index] ?? "claimer";
      while (!(await this.#kill(kind))) await this.#look();
      this.kills.add(kind);
      if (index % KILLS_PER_FREEZE === 0) this.#freeze();
      await wait(randomInt(LOOK_MS));
    }
    await Promise.all(this.#restarts);
  }

  /** Waits a moment. What has ended by itself meanwhile is told, and started again. */
  async #look(): Promise<void> {
    const { storages, signal } = this.#options;
    await wait(LOOK_MS, undefined, { signal });
    for (const storage of storages.filter((one) => !one.running && !this.#starting.has(one))) {
      this.crashes += 1;
      process.stderr.write(`  storage ended by itself:\n${storage.lines.slice(-LAST_LINES).join("\n")}\n`);
      this.#beside(this.#restart(storage));
    }
  }

  /** False: none of this kind runs. */
  async #kill(kind: Kind): Promise<boolean> {
    const { claimers, postgres } = this.#options;
    switch (kind) {
      case "claimer":
        return claimers.kill();
      case "storage":
        return this.#killStorage();
      case "connection":
        return postgres.terminateOne();
      case "postgres":
        return postgres.kill();
      case "postgres process":
        return postgres.killOne();
    }
  }

  async #killStorage(): Promise<boolean> {
    const victim = shuffled(this.#options.storages.filter(({ isReady }) => isReady))[0];
    if (!victim) return false;
    this.#starting.add(victim);
    await victim.kill();
    this.#beside(this.#restart(victim));
    return true;
  }

  /** It ends at once while the database is away; whoever looks after it starts it again. */
  async #restart(storage: ServiceProcess): Promise<void> {
    const end = Date.now() + RESTART_MS;
    this.#starting.add(storage);
    while (!storage.isReady) {
      await storage.start().catch((error: unknown) => {
        if (Date.now() > end) throw error;
      });
    }
    this.#starting.delete(storage);
  }

  #freeze(): void {
    const { claimers, freezeMs } = this.#options;
    this.freezes += 1;
    this.#beside(claimers.freeze(freezeMs));
  }

  #beside(work: Promise<void>): void {
    this.#restarts.add(work);
    work.then(
      () => this.#restarts.delete(work),
      () => {}, // told at the end
    );
  }
}

/** Kinds of kills in random order, each with its share. */
function deck(kills: number): Kind[] {
  const shares = Object.entries(SHARES).flatMap(([kind, share]) => Array<Kind>(Math.floor(kills * share)).fill(kind as Kind));
  const rest = Array.from({ length: kills - shares.length }, (_, index) => (index % 2 === 0 ? "postgres" : "postgres process"));
  return shuffled([...shares, ...rest]);
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const order = items.map((item) => ({ item, at: Math.random() }));
  return order.toSorted((one, other) => one.at - other.at).map(({ item }) => item);
}
