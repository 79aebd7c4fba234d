import type { FaultKind, StateView } from "../shapes/page-api.js";

/** What a press came to, as the server says it. */
export type Pressed = { kind: "callback"; query_id: string } | { kind: "url"; url: string } | { kind: "copy"; text: string };

/** How long the page waits for its own server. */
const DEADLINE_MS = 10_000;

/** The playground's API as the page calls it. Each rejects with an Error whose message can be shown. */
export const pageCalls = {
  state: (userId: number) => call<StateView>("GET", `api/state?user=${userId}`),
  send: (userId: number, text: string, replyTo?: number) =>
    call<unknown>("POST", `api/users/${userId}/messages`, { text, ...(replyTo !== undefined && { reply_to: replyTo }) }),
  press: (userId: number, messageId: number, row: number, column: number) =>
    call<Pressed>("POST", `api/users/${userId}/press`, { message_id: messageId, button: { row, column } }),
  setLanguage: (userId: number, languageCode: string) =>
    call<unknown>("POST", `api/users/${userId}/language`, { language_code: languageCode }),
  setBlocked: (userId: number, blocked: boolean) => call<unknown>("POST", `api/users/${userId}/block`, { blocked }),
  clearChat: (userId: number) => call<unknown>("DELETE", `api/users/${userId}/chat`),
  addFault: (fault: { kind: FaultKind; times?: number; retry_after?: number; delay_ms?: number }) =>
    call<unknown>("POST", "faults", fault),
  removeFault: (id: string) => call<unknown>("DELETE", `faults/${id}`),
};

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/playground/${path}`, {
    method,
    signal: AbortSignal.timeout(DEADLINE_MS),
    ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `the playground answered ${response.status}`);
  return answer;
}
