import { connectNode } from "./connect-node.js";
import { grpcJs } from "./grpc-js.js";
import { refrain, withoutChain } from "./refrain.js";
import type { Stack } from "./stack.js";

/** What is compared; the first one is ours. */
export const stacks: readonly [Stack, ...Stack[]] = [refrain, withoutChain, grpcJs, connectNode];
