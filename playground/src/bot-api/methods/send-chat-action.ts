import { badRequest } from "../../model/api-error.js";
import { publish } from "../../model/chat.js";
import type { ApiCall } from "../method.js";
import { openChatParam } from "../params.js";

const ACTIONS = new Set(
  "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker find_location record_video_note upload_video_note record_audio upload_audio".split(
    " ",
  ),
);

export function sendChatAction(call: ApiCall): true {
  const { person } = openChatParam(call.world, call.bot, call.params);
  const action = call.params.get("action") ?? "";
  if (!ACTIONS.has(action)) throw badRequest("wrong parameter action in request");
  publish(call.world, call.bot, { type: "action", user_id: person.id, action });
  return true;
}
