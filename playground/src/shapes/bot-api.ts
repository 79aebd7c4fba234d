/** The parts of Telegram's Bot API objects that the playground speaks. Field names are Telegram's. */

export interface User {
  id: number;
  is_bot: boolean;
  first_name: string;
  username?: string;
  /** IETF tag of the interface, such as `ru`. */
  language_code?: string;
}

export interface PrivateChat {
  id: number;
  type: "private";
  first_name: string;
  username?: string;
}

/** A styled range of a text; offset and length count UTF-16 code units. */
export interface MessageEntity {
  type: string;
  offset: number;
  length: number;
  url?: string;
  language?: string;
  user?: User;
  custom_emoji_id?: string;
}

export interface InlineButton {
  text: string;
  url?: string;
  /** 1–64 bytes of UTF-8. */
  callback_data?: string;
  copy_text?: { text: string };
  switch_inline_query?: string;
  switch_inline_query_current_chat?: string;
}

export interface InlineKeyboard {
  inline_keyboard: InlineButton[][];
}

/** The keyboard below the composer. Telegram never sends it back to a bot. */
export interface ReplyKeyboard {
  keyboard: { text: string }[][];
  resize_keyboard: boolean;
  one_time_keyboard: boolean;
  input_field_placeholder?: string;
}

/** Asks the client to open a reply to the message that carries it. */
export interface ForceReply {
  force_reply: true;
  input_field_placeholder?: string;
}

export interface PhotoSize {
  file_id: string;
  file_unique_id: string;
  file_size: number;
  width: number;
  height: number;
}

export interface Audio {
  file_id: string;
  file_unique_id: string;
  /** Whole seconds; 0 when the bot did not say. */
  duration: number;
  performer?: string;
  title?: string;
  file_name?: string;
  mime_type: string;
  file_size: number;
  thumbnail?: PhotoSize;
}

export interface Document {
  file_id: string;
  file_unique_id: string;
  file_name?: string;
  mime_type: string;
  file_size: number;
}

export interface Message {
  message_id: number;
  from: User;
  chat: PrivateChat;
  /** Unix seconds. */
  date: number;
  edit_date?: number;
  text?: string;
  entities?: MessageEntity[];
  audio?: Audio;
  document?: Document;
  caption?: string;
  caption_entities?: MessageEntity[];
  reply_markup?: InlineKeyboard;
  /** The message answered, without its own reply. */
  reply_to_message?: Message;
}

interface CallbackQuery {
  id: string;
  from: User;
  message: Message;
  chat_instance: string;
  data: string;
}

interface ChatMemberUpdated {
  chat: PrivateChat;
  from: User;
  date: number;
  old_chat_member: { user: User; status: "member" | "kicked"; until_date?: number };
  new_chat_member: { user: User; status: "member" | "kicked"; until_date?: number };
}

/** What one update may carry. */
export interface UpdatePayloads {
  message: Message;
  callback_query: CallbackQuery;
  my_chat_member: ChatMemberUpdated;
}

export type UpdateType = keyof UpdatePayloads;

/** `update_id` is the first key: some clients read it before anything else. */
export type Update = { update_id: number } & Partial<UpdatePayloads>;

export interface BotCommand {
  command: string;
  description: string;
}
