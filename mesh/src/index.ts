export { apiKeys, createApiKeys, type ApiKeys } from "./api-keys.js";
export { createFetch, type Fetch } from "./client/create-fetch.js";
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
  redisUrl,
  requiredText,
  StartError,
  text,
  tracesEnabled,
  type Env,
} from "./env.js";
export { errorMetadata, reasonOf, retryAfterMs, serviceError, type ServiceErrorOptions } from "./errors/service-error.js";
export type { RateLimits } from "./interceptors/rate-limit.js";
export { createLogger, type Logger } from "./log.js";
export { counter, durations, gauge, gaugeBy, metrics } from "./metrics.js";
export { endUserOf } from "./rate-limits/end-user-key.js";
export { createRateLimiter, recordRateLimited, type RateLimiter, type RateLimiterOptions } from "./rate-limits/rate-limiter.js";
export { openRedis, type Redis, type RedisOptions } from "./redis/open-redis.js";
export { runService, type StartedService } from "./run-service.js";
export { encodedAs } from "./server/encoded-as.js";
export type { Dependency, HealthDetails, HealthProbe } from "./server/health-report.js";
export type { HttpRoute } from "./server/http-door.js";
export { listenHttp, type HttpListener } from "./server/http-listen.js";
export { serverCapacity, type ServerCapacity } from "./server/limits.js";
export { mount, type MountedService } from "./server/mount.js";
export { serve, serveHttp, type RunningServer, type ServeHttpOptions, type ServeOptions } from "./server/serve.js";
export { stopTimes, type StopTimes } from "./server/stop.js";
export { callSpan } from "./telemetry/call-trace.js";
export { followAsyncWork } from "./telemetry/follow-async-work.js";
export {
  endSpan,
  inSpan,
  inTrace,
  remoteSpan,
  spanHeaders,
  startSpan,
  traceHeaders,
  type Span,
  type SpanInit,
} from "./telemetry/spans.js";
export { startTracing, type Tracing } from "./telemetry/start-tracing.js";
export { traceFields } from "./telemetry/trace-fields.js";
export { traceRoute } from "./telemetry/trace-route.js";
export { serverTlsSettings, tlsSettings, type Tls } from "./tls.js";
