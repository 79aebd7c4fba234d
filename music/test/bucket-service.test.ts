import { randomUUID } from "node:crypto";
import { hasRedis, startRedis } from "@refrain/mesh/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hasSwift, startSwift, type SwiftProcess } from "./s3/start-swift.js";
import { startUp } from "./start-up.js";

describe.skipIf(!(await hasSwift()) || !hasRedis)("music whose files lie in a bucket", { timeout: 120_000 }, () => {
  let swift: SwiftProcess;
  beforeAll(async () => {
    swift = await startSwift();
    const { credentials } = swift.bucket("");
    vi.stubEnv("AWS_ACCESS_KEY_ID", credentials?.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", credentials?.secretAccessKey);
  }, 120_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await swift.stop();
  });

  test("one replica downloads, the other answers at once and serves file and cover, whole and in part", async () => {
    const { url } = await startRedis();
    const { bucket, endpoint = "" } = swift.bucket("");
    const env = { BLOB_URL: `s3://${bucket}/${randomUUID()}`, AWS_ENDPOINT_URL: endpoint, REDIS_URL: url };
    const [one, other] = [await startUp(env), await startUp(env)];
    const first = one.download("ann");
    await first.ended;
    const file = first.messages.at(-1)?.file;
    const again = other.download("ben");
    expect(await again.ended).toBeUndefined();
    expect(again.messages.at(-1)?.file).toEqual(file);
    for (const { http } of [one, other]) {
      const whole = await http(file?.fileUrl ?? "");
      expect([whole.status, whole.headers.get("content-length")]).toEqual([200, String(file?.sizeBytes)]);
      const content = Buffer.from(await whole.arrayBuffer());
      const part = await http(file?.fileUrl ?? "", { range: "bytes=100-199" });
      expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 100-199/${file?.sizeBytes}`]);
      expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(100, 200))).toBe(true);
      expect((await http(`/files/${"0".repeat(32)}.mp3`)).status).toBe(404);
    }
  });

  test("a caller who hangs up in the middle holds nothing", async () => {
    const { bucket, endpoint = "" } = swift.bucket("");
    const one = await startUp({ BLOB_URL: `s3://${bucket}/${randomUUID()}`, AWS_ENDPOINT_URL: endpoint });
    const first = one.download("ann");
    await first.ended;
    const path = first.messages.at(-1)?.file?.fileUrl ?? "";
    // More than there are connections to the bucket: one that was not given back would be missed.
    for (let time = 0; time < 80; time++) await (await one.http(path)).body?.cancel();
    expect((await one.http(path)).status).toBe(200);
  });
});
