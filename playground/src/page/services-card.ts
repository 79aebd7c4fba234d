import type { ServiceView } from "../shapes/page-api.js";
import { html, type VNode } from "./html.js";

const WORDS = { green: "well", amber: "limited", red: "down", unknown: "unknown" } as const;

/** A light for each service, from its `/health`. */
export function ServicesCard({ services }: { services: readonly ServiceView[] }): VNode {
  return html`<section class="card" aria-labelledby="services-title">
    <h2 id="services-title">Services</h2>
    <ul class="services">
      ${services.map(
        (service) => html`<li key=${service.name} data-testid=${`service-${service.name}`} data-light=${service.light}>
          <span class=${`light ${service.light}`} role="img" aria-label=${WORDS[service.light]}></span>
          <b>${service.name}</b>
          <span class="detail" title=${service.detail}>${service.detail}</span>
          <span class="number">${service.latency_ms === null ? "" : `${service.latency_ms} ms`}</span>
        </li>`,
      )}
    </ul>
  </section>`;
}
