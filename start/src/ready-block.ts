import { localAddress, localUrl } from "./plan.js";
import type { KeySetting, Settings } from "./settings.js";

/** The calm end of a start: where to click, what runs, how to call it, how to stop. */
export function readyBlock(settings: Settings, seconds: number): string {
  const { ports, keys, playground } = settings;
  const at = (name: Parameters<typeof localUrl>[1]) => localUrl(settings, name);
  const grpc = (name: "MUSIC_PORT" | "STORAGE_PORT") => localAddress(settings, name);
  const bearer = authorization(keys.music);
  const forGrpcurl = settings.tls.cert === undefined ? "-plaintext " : certificates(settings, "-");
  const forCurl = certificates(settings, "--");
  return [
    `  Refrain is ready (${seconds.toFixed(1)} s)`,
    "",
    playground ? `  open      ${at("PLAYGROUND_PORT")}   then type: /play believer` : "  The bot answers in Telegram.",
    `  music     gRPC ${grpc("MUSIC_PORT")}   HTTP ${at("MUSIC_HTTP_PORT")}   ops ${ports.MUSIC_OPS_PORT}`,
    `  storage   gRPC ${grpc("STORAGE_PORT")}   HTTP ${at("STORAGE_HTTP_PORT")}   ops ${ports.STORAGE_OPS_PORT}`,
    `  bot       HTTP ${at("BOT_HTTP_PORT")}/health   ops ${ports.BOT_OPS_PORT}`,
    "",
    `  grpcurl ${forGrpcurl}-H ${bearer} ${grpc("MUSIC_PORT")} list`,
    `  grpcurl ${forGrpcurl}-H ${bearer} -d '{"query":"believer"}' ${grpc("MUSIC_PORT")} refrain.music.v1.MusicService/Search`,
    `  curl ${forCurl}-H ${bearer} -H 'content-type: application/json' -d '{"query":"believer"}' ${at("MUSIC_HTTP_PORT")}/refrain.music.v1.MusicService/Search`,
    "",
    "  stop      Ctrl-C",
    "",
  ].join("\n");
}

/** By file: a key that is printed ends in screenshots and shell histories. */
function authorization({ file }: KeySetting): string {
  return file === undefined ? '"authorization: Bearer $MUSIC_KEY"' : `"authorization: Bearer $(cat ${file})"`;
}

/** The options of curl and grpcurl that name the files with certificates, with a space behind; empty without TLS. */
function certificates({ tls }: Settings, dash: "-" | "--"): string {
  // Only with a CA do the services ask for a certificate.
  const options = tls.cert === undefined || tls.ca === undefined ? {} : { cacert: tls.ca, cert: tls.cert, key: tls.key };
  return Object.entries(options)
    .map(([name, file]) => `${dash}${name} ${file} `)
    .join("");
}
