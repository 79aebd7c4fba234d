export { apiKeys, createApiKeys, type ApiKeys } from "./api-keys.js";
export { createServiceClient, endUser, type ServiceClient, type ServiceClientOptions } from "./client/service-client.js";
export { deadline } from "./deadline.js";
export {
  choice,
  ConfigError,
  httpUrl,
  integer,
  list,
  loadEnvFile,
  logLevel,
  optionalText,
  port,
  requiredText,
  StartError,
  text,
  type Env,
} from "./env.js";
export { errorMetadata, reasonOf, retryAfterMs, serviceError, type ServiceErrorOptions } from "./errors/service-error.js";
export { createLogger, type Logger } from "./log.js";
export { metrics } from "./metrics.js";
export { runService, type StartedService } from "./run-service.js";
export type { Dependency, HealthDetails, HealthProbe } from "./server/health-report.js";
export type { HttpRoute } from "./server/http-door.js";
export { listenHttp, type HttpListener } from "./server/http-listen.js";
export { mount, type MountedService } from "./server/mount.js";
export { serve, serveHttp, type RunningServer, type ServeHttpOptions, type ServeOptions } from "./server/serve.js";
export { stopTimes, type StopTimes } from "./server/stop.js";
