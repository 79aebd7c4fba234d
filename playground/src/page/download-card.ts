import type { DownloadsView, DownloadView } from "../shapes/page-api.js";
import { html, type VNode } from "./html.js";
import { bytes, clock } from "./numbers.js";

/** More do not fit; the rest is counted. */
const SHOWN = 2;

/** What music is fetching right now. */
export function DownloadCard({ downloads: { available, detail, downloads } }: { downloads: DownloadsView }): VNode {
  const more = downloads.length - SHOWN;
  return html`<section class="card" aria-labelledby="download-title">
    <h2 id="download-title">Download</h2>
    <div class="downloads" data-testid="downloads">
      ${downloads.slice(0, SHOWN).map((download) => html`<${Download} key=${download.task_id} download=${download} />`)}
      ${downloads.length === 0 ? html`<p class="quiet">${available ? "Nothing is being fetched." : detail}</p>` : null}
      ${more > 0 ? html`<p class="quiet">and ${more} more</p>` : null}
    </div>
  </section>`;
}

function Download({ download }: { download: DownloadView }): VNode {
  const { title, performer, downloaded_bytes: done, total_bytes: total } = download;
  return html`<div class="download">
    <div class="download-title">${performer === "" ? title : `${title} — ${performer}`}</div>
    <progress aria-label="Progress" value=${total > 0 ? done : undefined} max=${total || 1}></progress>
    <div class="number">${describe(download)}</div>
  </div>`;
}

function describe({
  state,
  queue_position: position,
  downloaded_bytes: done,
  total_bytes: total,
  ...speed
}: DownloadView): string {
  if (state === "queued") return position > 0 ? `queued, number ${position}` : "queued";
  if (state !== "fetching") return `${state}…`;
  const parts = [total > 0 ? `${bytes(done)} of ${bytes(total)}` : bytes(done)];
  if (speed.bytes_per_second > 0) parts.push(`${bytes(speed.bytes_per_second)}/s`);
  if (speed.eta_seconds > 0) parts.push(`${clock(speed.eta_seconds)} left`);
  return parts.join(" · ");
}
