import { until } from "@refrain/mesh/testing";
import type { DnsServer } from "./dns-server.js";
import { freePort } from "./free-port.js";
import type { Lab } from "./lab.js";
import type { ServiceProcess, Settings } from "./service-process.js";
import { servedBy } from "./counters.js";

const NAME = "music.test";

/** Several processes of music behind one name, as pods behind a headless service. */
export interface Replicas {
  readonly all: readonly ServiceProcess[];
  /** gRPC target of all of them. */
  readonly target: string;
  /** Starts one more. DNS does not know it yet. */
  add(): Promise<ServiceProcess>;
  /** Says who is behind the name. */
  publish(replicas: readonly ServiceProcess[]): void;
}

/** Starts replicas on addresses of their own and the same port, and a DNS server that knows them. */
export async function startReplicas(lab: Lab, count: number, settings: Settings = {}): Promise<Replicas> {
  const dns = await lab.dns();
  const port = await freePort();
  const all: ServiceProcess[] = [];
  const add = () => lab.start("music", { ...settings, BIND_HOST: `127.0.0.${all.length + 1}`, MUSIC_PORT: String(port) });
  while (all.length < count) all.push(await add());
  publish(dns, all);
  return { all, target: `dns://${dns.address}/${NAME}:${port}`, add, publish: (replicas) => publish(dns, replicas) };
}

function publish(dns: DnsServer, replicas: readonly ServiceProcess[]): void {
  const hosts = replicas.map((replica) => replica.address("grpc").split(":")[0] ?? "");
  dns.set(NAME, hosts);
}

/** Waits until a replica has answered more calls of a method than before. */
export async function untilItServes(replica: ServiceProcess, method: string, before = 0): Promise<void> {
  await until(async () => (await servedBy(replica, method)) > before, 30_000);
}
