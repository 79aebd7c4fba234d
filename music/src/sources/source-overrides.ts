/** What tests change so that nobody asks the internet. No setting leads here. */
export interface SourceOverrides {
  /** `host:port` pairs that may be reached though they are not public. */
  allow?: readonly string[];
  /** Where the Internet Archive is. */
  archiveBaseUrl?: string;
  /** Added to the environment of yt-dlp. */
  ytdlpEnv?: Readonly<Record<string, string>>;
  /** From one look at a source to the next, in milliseconds. Default: 60,000. */
  watchEveryMs?: number;
  /** From the opening of a source's circuit to the first trial, in milliseconds. Default: 30,000. */
  firstTrialMs?: number;
}
