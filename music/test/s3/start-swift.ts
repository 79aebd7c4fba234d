import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { Bucket } from "../../src/files/s3-client.js";

/** Debian's own: another Python knows nothing of its packages. */
const PYTHON = "/usr/bin/python3";
const KEYS = { accessKeyId: "test:tester", secretAccessKey: "testing" };
/** A busy machine is no bucket that says nothing. */
const PATIENT_MS = 60_000;
const BUCKET = "refrain-test";

/** A server of S3, OpenStack Swift with its S3 door, for the tests of one file. */
export interface SwiftProcess {
  /** A place of its own in the one bucket. */
  bucket(prefix: string): Bucket;
  /** It keeps its connections and says nothing any more. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/**
 * Whether Swift is here. With CI=true a missing one is a failure: nothing is skipped there.
 * Elsewhere it says loudly what is skipped.
 */
export async function hasSwift(): Promise<boolean> {
  try {
    await promisify(execFile)(PYTHON, ["-c", "import swift.common.middleware.s3api, swift.obj, swift.account, swift.container"]);
    return true;
  } catch (cause) {
    const packages = "swift-proxy swift-account swift-container swift-object";
    if (process.env.CI === "true")
      throw new Error(`Swift is missing, and CI skips nothing: apt-get install ${packages}`, { cause });
    process.stderr.write(`\n!!! Swift is not installed: tests with a bucket are SKIPPED (apt-get install ${packages})\n`);
    return false;
  }
}

export async function startSwift(): Promise<SwiftProcess> {
  const folder = await mkdtemp(join(tmpdir(), "refrain-swift-"));
  const script = fileURLToPath(new URL("swift-server.py", import.meta.url));
  const child = spawn(PYTHON, [script, folder], { stdio: ["pipe", "pipe", "inherit"] });
  const endpoint = `http://127.0.0.1:${await firstLine(child)}`;
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: KEYS });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  return {
    bucket: (prefix) => ({
      bucket: BUCKET,
      prefix: `${prefix}/`,
      endpoint,
      region: undefined,
      credentials: KEYS,
      answerMs: PATIENT_MS,
    }),
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    async stop() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`Swift ended with ${code}`)));
    if (child.stdout) createInterface({ input: child.stdout }).once("line", resolve);
  });
}
