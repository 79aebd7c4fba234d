/** The insides of the mesh, for measuring them one by one. No service needs them. */
export { CallScope, scopeKey } from "./client/call-scope.js";
export { clientChain } from "./client/chain.js";
export { openChannel } from "./client/channel.js";
export { Circuits } from "./client/circuits.js";
export { RetryBudget } from "./client/retry-budget.js";
export { createTransport } from "./client/transport.js";
export { intercept } from "./intercept.js";
export { serverChain } from "./server/chain.js";
export { GrpcContext } from "./server/grpc-context.js";
export { openGrpcDoor } from "./server/grpc-door.js";
export { unaryInvocation } from "./server/grpc-invoke.js";
export { RunningCalls } from "./server/running-calls.js";
