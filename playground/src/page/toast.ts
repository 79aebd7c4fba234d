import { useEffect, useRef } from "preact/hooks";
import { html, type VNode } from "./html.js";
import type { Toast as ToastState } from "./store.js";

/** The answer to a pressed button: a note that goes by itself, or an alert that waits. */
export function Toast({ toast, onClose }: { toast: ToastState | null; onClose: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const alert = toast?.isAlert === true ? toast : null;
  useEffect(() => {
    if (alert !== null) dialog.current?.showModal();
    else dialog.current?.close();
  }, [alert]);
  return html`<div class="toasts" role="status" aria-live="polite">
      ${toast !== null && !toast.isAlert ? html`<div class="toast" data-testid="toast" key=${toast.id}>${toast.text}</div>` : null}
    </div>
    <dialog ref=${dialog} class="alert" data-testid="alert" onClose=${onClose}>
      <p>${alert?.text}</p>
      <form method="dialog"><button class="primary">OK</button></form>
    </dialog>`;
}
