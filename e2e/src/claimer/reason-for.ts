import { Code, ConnectError } from "@connectrpc/connect";
import { reasonOf } from "@refrain/mesh";

/** Why a call failed: the service's own reason, or the name of the status. */
export function reasonFor(error: unknown): string {
  return reasonOf(error) ?? Code[ConnectError.from(error).code];
}
