// The test command: brings the real servers and clients that tests talk to, builds, runs everything, and counts.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getYtdlp } from "./get-ytdlp.mjs";
import { bin, root, run } from "./tools.mjs";

const inCi = process.env.CI === "true";

/** What tests need beyond npm, with the Debian packages that bring it. */
const needed = [
  {
    what: "PostgreSQL",
    there: () => existsSync("/usr/lib/postgresql") && readdirSync("/usr/lib/postgresql").length > 0,
    packages: ["postgresql"],
  },
  { what: "Redis", there: () => existsSync("/usr/bin/redis-server"), packages: ["redis-server"] },
  { what: "Chromium", there: () => existsSync("/usr/bin/chromium"), packages: ["chromium"] },
  {
    what: "Swift",
    there: () => run("/usr/bin/python3", ["-c", "import swift.proxy, swift.obj, swift.account, swift.container"]).ok,
    packages: ["swift-proxy", "swift-account", "swift-container", "swift-object"],
  },
  { what: "ffmpeg", there: () => existsSync("/usr/bin/ffmpeg"), packages: ["ffmpeg"] },
  {
    what: "Python's gRPC",
    there: () =>
      run("/usr/bin/python3", ["-c", "import grpc"]).ok &&
      existsSync("/usr/bin/protoc") &&
      existsSync("/usr/bin/grpc_python_plugin"),
    packages: ["python3-grpcio", "protobuf-compiler", "protobuf-compiler-grpc"],
  },
  { what: "yt-dlp", there: () => existsSync("/usr/bin/yt-dlp"), packages: ["yt-dlp"] },
  { what: "curl", there: () => existsSync("/usr/bin/curl"), packages: ["curl"] },
];

function installMissing() {
  const missing = needed.filter(({ there }) => !there());
  if (missing.length === 0) return;
  const names = missing.map(({ what }) => what).join(", ");
  const packages = missing.flatMap((item) => item.packages);
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    console.log(`tests: ${names} not found; their tests are skipped. To run them: apt-get install ${packages.join(" ")}`);
    return;
  }
  console.log(`tests: installing ${packages.join(" ")} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", ["update", "-qq"], { env });
  const { ok, output } = run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
  if (!ok)
    console.log(`tests: apt-get could not install them; their tests are skipped.\n${output.split("\n").slice(-5).join("\n")}`);
}

function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), "refrain-test-"));
  const file = join(folder, "results.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...process.argv.slice(2)];
  const { status } = spawnSync(bin("vitest"), args, { cwd: root, stdio: "inherit" });
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  rmSync(folder, { recursive: true, force: true });
  return {
    status: status ?? 1,
    passed: counts.numPassedTests ?? 0,
    failed: counts.numFailedTests ?? 0,
    skipped: (counts.numPendingTests ?? 0) + (counts.numTodoTests ?? 0),
  };
}

installMissing();
if (!getYtdlp()) console.log("tests: a current yt-dlp cannot be had from PyPI; its tests run with the system's build alone");
if (!run(process.execPath, ["scripts/build.mjs"], { stdio: "inherit" }).ok) process.exit(1);
const { status, passed, failed, skipped } = runVitest();
console.log(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
if (inCi && skipped > 0) console.log("tests: in CI nothing may be skipped");
process.exit(status !== 0 || (inCi && skipped > 0) ? 1 : 0);
