/** The parameters that tests look at. Those of an upload come as strings, and its files as files. */
export interface Params {
  readonly text?: string;
  readonly chat_id?: number | string;
  readonly message_id?: number;
  readonly offset?: number;
  readonly timeout?: number;
  readonly language_code?: string;
  readonly entities?: readonly unknown[];
  readonly reply_markup?: Markup;
  readonly audio?: File | string;
  readonly thumbnail?: File | string;
  readonly [other: string]: unknown;
}

interface Markup {
  readonly inline_keyboard?: readonly (readonly { readonly text: string; readonly callback_data: string }[])[];
  readonly keyboard?: readonly (readonly { readonly text: string }[])[];
  readonly force_reply?: boolean;
}

/** One call that the bot made. */
export interface Call {
  readonly method: string;
  readonly params: Params;
  /** `performance.now()` of its arrival. */
  readonly at: number;
}
