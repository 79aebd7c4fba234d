import type { Readable } from "node:stream";
import type { Client } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";

/** A source, and whether it works now. */
export interface SourceReport {
  name: string;
  ok: boolean;
  /** A few words. */
  detail: string;
}

/** A music to ask: one that runs somewhere, or one that lives as long as the command. */
export interface MusicAccess {
  readonly client: Client<typeof MusicService>;
  /** Reads a stored file, `/files/…`. */
  readFile(fileUrl: string, signal: AbortSignal): Promise<Readable>;
  sources(signal: AbortSignal): Promise<SourceReport[]>;
  close(): Promise<void>;
}
