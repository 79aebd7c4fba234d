import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import { createServiceImplSpec } from "@connectrpc/connect";

/** A contract with its handlers, ready to stand behind both doors. */
export interface MountedService {
  readonly service: DescService;
  readonly implementation: ReturnType<typeof createServiceImplSpec>;
  /** Adds the same handlers to Connect's router. */
  addTo(router: ConnectRouter): void;
}

/** Puts handlers under a contract; a missing handler does not compile. */
export function mount<S extends DescService>(service: S, handlers: ServiceImpl<S>): MountedService {
  return {
    service,
    implementation: createServiceImplSpec(service, handlers),
    addTo: (router) => void router.service(service, handlers),
  };
}
