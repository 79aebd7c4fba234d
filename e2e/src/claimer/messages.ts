/** An audio that goes to Telegram. */
export interface Send {
  readonly deliveryId: string;
  readonly batchId: string;
  readonly position: number;
  /** Token that it was claimed with. */
  readonly token: number;
  /** True: storage said that it may arrive twice. */
  readonly resend: boolean;
  readonly trackKey: string;
  /** True: no file id is known, so the file itself goes over. */
  readonly upload: boolean;
  /** Milliseconds since 1970. */
  readonly sentAtMs: number;
  /** Milliseconds since 1970: until then it is surely nobody else's. */
  readonly leaseUntilMs: number;
}

/** What Telegram answers. */
export type Verdict =
  | { readonly kind: "taken"; readonly messageId: number; readonly fileId: string }
  /** Too many at once: not taken, and worth another attempt. */
  | { readonly kind: "flood" }
  /** The chat is gone: not taken, and never will be. */
  | { readonly kind: "gone" }
  /** The connection broke: it may have been taken. */
  | { readonly kind: "silence" };

/** From a claimer to its laboratory. */
export type FromClaimer =
  | { readonly kind: "ready" }
  | { readonly kind: "send"; readonly call: number; readonly send: Send }
  /** Storage has kept the file id of a track. */
  | { readonly kind: "sent"; readonly trackKey: string }
  /** Storage refused a call. */
  | { readonly kind: "refused"; readonly method: string; readonly reason: string };

/** From the laboratory to a claimer. */
export interface ToClaimer {
  readonly call: number;
  readonly verdict: Verdict;
}

/** Variables that a claimer is started with. */
export interface ClaimerSettings {
  /** gRPC target of storage. */
  readonly STORAGE_TARGET: string;
  readonly STORAGE_KEY: string;
  readonly BOT_ID: string;
  /** Unique per process. */
  readonly CLAIMER: string;
  readonly LEASE_MS: string;
}
