import type { CallRecord, Fault } from "../shapes/page-api.js";
import { html, type VNode } from "./html.js";
import { pageCalls } from "./page-calls.js";
import type { Store } from "./store.js";

type NewFault = Parameters<typeof pageCalls.addFault>[0];

/** A few calls each, so that the bot is seen to come back. */
const SWITCHES: readonly { label: string; hint: string; fault: NewFault }[] = [
  { label: "Flood limit", hint: "429, wait 3 s", fault: { kind: "rate_limit", times: 5, retry_after: 3 } },
  { label: "Outage", hint: "502 with HTML", fault: { kind: "bad_gateway", times: 5 } },
  { label: "Slowness", hint: "2 s a call", fault: { kind: "delay", delay_ms: 2000 } },
  { label: "Duplicates", hint: "updates come twice", fault: { kind: "duplicate_update" } },
];

/** Switches that break Telegram, and what the bot makes of it: its latest calls. */
export function BreakCard({
  faults,
  calls,
  store,
}: {
  faults: readonly Fault[];
  calls: readonly CallRecord[];
  store: Store;
}): VNode {
  return html`<section class="card grow" aria-labelledby="break-title">
    <h2 id="break-title">Break something</h2>
    <div class="switches">
      ${SWITCHES.map(({ label, hint, fault }) => {
        const on = faults.find(({ kind, method }) => kind === fault.kind && method === "*");
        const flip = (): void => store.attempt(on ? pageCalls.removeFault(on.id) : pageCalls.addFault(fault));
        const left = on?.remaining == null ? hint : `${on.remaining} calls left`;
        return html`<button
          type="button"
          role="switch"
          class="switch"
          data-testid=${`fault-${fault.kind}`}
          aria-checked=${on !== undefined}
          onClick=${flip}
        ><span class="knob" aria-hidden="true"></span><span class="switch-text">${label}<small>${left}</small></span></button>`;
      })}
    </div>
    <h3>Latest calls to Telegram</h3>
    <ol class="calls" data-testid="calls" tabindex="0" aria-label="Latest calls">
      ${calls.toReversed().map((call) => html`<${Call} key=${call.seq} call=${call} />`)}
      ${calls.length === 0 ? html`<li class="quiet">The bot has not called yet.</li>` : null}
    </ol>
  </section>`;
}

function Call({ call }: { call: CallRecord }): VNode {
  const remark = call.description ?? call.note;
  const tone = call.status === 200 ? "ok" : call.status === 429 || call.status === 409 ? "warn" : "bad";
  return html`<li class="call">
    <code>${call.method}</code>
    <span class=${`code ${tone}`}>${call.status === 0 ? "cut" : call.status}</span>
    <span class="number">${duration(call.ms)}</span>
    ${remark === undefined ? null : html`<small title=${remark}>${remark.replace(/^(Bad Request|Forbidden|Conflict): /, "")}</small>`}
  </li>`;
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
