import type { ApiMethod } from "../method.js";
import { answerCallbackQuery } from "./answer-callback-query.js";
import { deleteMyCommands, getMyCommands, setMyCommands } from "./commands.js";
import { deleteMessage, deleteMessages } from "./delete-message.js";
import { editMessageCaption, editMessageReplyMarkup, editMessageText } from "./edit-message.js";
import { getFile } from "./get-file.js";
import { getChat, getMe, getProfileText, setProfileText } from "./profile.js";
import { sendAudio } from "./send-audio.js";
import { sendChatAction } from "./send-chat-action.js";
import { sendMessage } from "./send-message.js";
import { deleteWebhook, getUpdates, getWebhookInfo, setWebhook } from "./updates.js";

const METHODS: Readonly<Record<string, ApiMethod>> = {
  answerCallbackQuery,
  deleteMessage,
  deleteMessages,
  deleteMyCommands,
  deleteWebhook,
  editMessageCaption,
  editMessageReplyMarkup,
  editMessageText,
  getChat,
  getFile,
  getMe,
  getMyCommands,
  getMyDescription: getProfileText("description"),
  getMyName: getProfileText("name"),
  getMyShortDescription: getProfileText("short_description"),
  getUpdates,
  getWebhookInfo,
  sendAudio,
  sendChatAction,
  sendMessage,
  setChatMenuButton: () => true, // the page always offers the commands
  setMyCommands,
  setMyDescription: setProfileText("description", 512),
  setMyName: setProfileText("name", 64),
  setMyShortDescription: setProfileText("short_description", 120),
  setWebhook,
};

const BY_LOWER_CASE = new Map(Object.entries(METHODS).map(([name, run]) => [name.toLowerCase(), { name, run }]));

/** Looks a method up; like Telegram without regard to case. */
export function findMethod(name: string): { name: string; run: ApiMethod } | undefined {
  return BY_LOWER_CASE.get(name.toLowerCase());
}
