import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { createServiceClient } from "@refrain/mesh";
import { requiredText } from "@refrain/mesh/env";
import { runClaimer } from "./claimer.js";
import { openLaboratory } from "./laboratory.js";

/** Services are killed every second: one that opened its circuit is tried again soon. */
const CIRCUIT_RESET_MS = 1_000;

const setting = (name: string) => requiredText(process.env, name, "as the laboratory sets it");
const laboratory = openLaboratory();
const { client } = createServiceClient(StorageService, {
  target: setting("STORAGE_TARGET"),
  key: setting("STORAGE_KEY"),
  defaultTimeoutMs: 2_000,
  timeoutsMs: { claimDeliveries: 30_000 },
  circuitResetMs: CIRCUIT_RESET_MS,
});
laboratory.tell({ kind: "ready" });
await runClaimer({
  storage: client,
  laboratory,
  botId: setting("BOT_ID"),
  claimer: setting("CLAIMER"),
  leaseMs: Number(setting("LEASE_MS")),
});
