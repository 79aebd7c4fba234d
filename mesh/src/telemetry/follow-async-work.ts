import { context } from "@opentelemetry/api";

/**
 * From now on the active span follows whatever is awaited or started, so that nothing has to be handed on. It costs something at
 * every promise: for a process that waits more than it computes. Calling it again changes nothing.
 */
export async function followAsyncWork(): Promise<void> {
  const { AsyncLocalStorageContextManager } = await import("@opentelemetry/context-async-hooks");
  const manager = new AsyncLocalStorageContextManager().enable();
  if (!context.setGlobalContextManager(manager)) manager.disable(); // there is one already
}
