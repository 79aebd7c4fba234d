import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { MusicService, type SearchRequest, type SearchResponseSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { createApiKeys, mount, serve } from "@refrain/mesh";
import { silentLogger } from "@refrain/mesh/testing";
import { type Lab, MUSIC_KEY } from "./lab.js";

/** What a `Search` is answered with. */
export type SearchScript = (
  request: SearchRequest,
  context: HandlerContext,
) => Promise<MessageInitShape<typeof SearchResponseSchema>>;

function unscripted(): never {
  throw new ConnectError("not in the script", Code.Unimplemented);
}

const UNSCRIPTED = {
  searchByArtist: unscripted,
  resolve: unscripted,
  download: unscripted,
  getDownload: unscripted,
  cancelDownload: unscripted,
  listDownloads: unscripted,
};

/** A server of music whose answers a scenario writes. Returns its gRPC address. */
export async function serveScriptedMusic(lab: Lab, search: SearchScript): Promise<string> {
  const server = await serve({
    name: "music",
    version: "0.0.0",
    host: "127.0.0.1",
    ports: { grpc: 0, http: 0, ops: 0 },
    keys: createApiKeys([`faults:${MUSIC_KEY}`]),
    services: [mount(MusicService, { ...UNSCRIPTED, search })],
    health: async () => ({ dependencies: {} }),
    logger: silentLogger(),
    stop: { graceMs: 0, drainMs: 500 },
  });
  lab.defer(() => server.close());
  return server.addresses["grpc"] ?? "";
}
