import type { FromClaimer, Send, ToClaimer, Verdict } from "./messages.js";

/** The laboratory, seen from a claimer: it is Telegram, and keeps count. */
export interface Laboratory {
  tell(message: FromClaimer): void;
  /** Hands an audio to Telegram. */
  send(send: Send): Promise<Verdict>;
}

/** Speaks to the process that started this one, and ends with it. */
export function openLaboratory(): Laboratory {
  const waiting = new Map<number, (verdict: Verdict) => void>();
  let calls = 0;
  const tell = (message: FromClaimer) => void process.send?.(message);
  process.on("message", ({ call, verdict }: ToClaimer) => {
    waiting.get(call)?.(verdict);
    waiting.delete(call);
  });
  process.once("disconnect", () => process.exit(0));
  return {
    tell,
    send: (send) =>
      new Promise((resolve) => {
        const call = calls++;
        waiting.set(call, resolve);
        tell({ kind: "send", call, send });
      }),
  };
}
