import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";

/** A PostgreSQL of our own on a free port. */
export interface PostgresServer {
  readonly port: number;
  /** Process id of its first process; 0 when it could not be started. */
  readonly pid: number;
  /** Address of a database; made when it is not there. */
  createDatabase(name: string): Promise<string>;
  /** Ends the server; its files stay. */
  halt(): Promise<void>;
  /** Starts it again after `halt()`. */
  resume(): Promise<void>;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

const DEBIAN = "/usr/lib/postgresql";
const PASSWORD = "s3cret-of-the-test";
const START_MS = 60_000;
const STOP_MS = 10_000;

/** Folder of the server's programs; undefined when PostgreSQL is not installed. */
export function findPostgres(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).toSorted((one, other) => Number(other) - Number(one));
  return versions.map((version) => join(DEBIAN, version, "bin")).find((bin) => existsSync(join(bin, "postgres")));
}

/**
 * Starts a private server in a temporary folder, without fsync: it holds nothing worth keeping.
 *
 * @param changed settings of postgresql.conf, by name
 */
export async function startPostgres(bin: string, changed: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const owner = findOwner();
  const folder = mkdtempSync(join(tmpdir(), "refrain-postgres-"));
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, "data");
  const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", PGPASSWORD: PASSWORD };
  const options = { ...owner, cwd: folder, env };
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "refrain", "-A", "trust", "-E", "UTF8", "--no-sync"], {
    ...options,
    stdio: ["ignore", "ignore", "pipe"],
  });
  // Over TCP the password counts, as it does on a server that is not ours.
  execFileSync("sed", ["-i", "/^host/s/trust/scram-sha-256/", join(data, "pg_hba.conf")], options);
  const port = await freePort();
  const settings = { port, listen_addresses: "127.0.0.1", unix_socket_directories: folder, fsync: "off", timezone: "Asia/Tokyo" };
  const args = Object.entries({ ...settings, ...changed }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const start = () => spawn(join(bin, "postgres"), ["-D", data, ...args], { ...options, stdio: "ignore" });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  let server = start();
  try {
    await setPassword(folder, port, server);
  } catch (error) {
    await end(server);
    remove();
    throw error;
  }
  return {
    port,
    get pid() {
      return server.pid ?? 0;
    },
    createDatabase: (name) => createDatabase(port, name),
    halt: () => end(server),
    resume: () => {
      server = start();
      return setPassword(folder, port, server);
    },
    stop: () => end(server).finally(remove),
  };
}

/** PostgreSQL does not run as root: then Debian's own user runs it. */
function findOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Waits until the server answers on its socket, where no password is asked. */
async function setPassword(socketFolder: string, port: number, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const client = new Client({ host: socketFolder, port, user: "refrain", database: "postgres" });
    try {
      await client.connect();
      await client.query(`ALTER USER refrain PASSWORD '${PASSWORD}'`);
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error;
      await wait(50);
    } finally {
      await client.end();
    }
  }
}

async function createDatabase(port: number, name: string): Promise<string> {
  const address = (database: string) => `postgresql://refrain:${PASSWORD}@127.0.0.1:${port}/${database}`;
  const client = new Client({ connectionString: address("postgres") });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE "${name}"`);
  } finally {
    await client.end();
  }
  return address(name);
}

/** Fast shutdown, then none at all. */
async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, "exit");
  server.kill("SIGINT");
  const timer = setTimeout(() => server.kill("SIGQUIT"), STOP_MS);
  await exited;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  if (typeof address !== "object" || address === null) throw new Error("no free port");
  return address.port;
}
