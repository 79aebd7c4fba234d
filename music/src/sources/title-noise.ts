/**
 * Words that uploaders put beside a title and that say nothing of the recording, in the languages most met with.
 *
 * Which version it is (live, remix, cover, remastered …) is no noise: it stays, as it tells recordings apart.
 */

/** Say alone that a bracket is noise. */
const STRONG =
  "official officially video videos videoclip vídeo videoklip musikvideo audio lyric lyrics lyrical visualizer visualiser visualisation " +
  "visual mv hd hq uhd fhd qhd 2k 4k 8k 480p 720p 1080p 1440p 2160p 60fps explicit subtitles subtitulado subtitulada sub subs letra " +
  "paroles songtext teledysk clip clipe klip oficial officiel officielle offiziell offizielle offizielles officieel resmi ufficiale testo " +
  "officialvideo officialaudio клип клипа видео видеоклип аудио лирика лирик официальный официальное официальная официально премьера " +
  "премьеры новинка субтитры 公式 歌詞 가사 뮤직비디오";

/** Noise beside a strong word only: "(New)" may be the song. */
const WEAK =
  "music musical song track new full version hi res quality high dolby atmos only with and by for on the of to in from a an free download " +
  "premiere premier out now color coded color colour coded eng english rus romanized han rom español espanol legendado no copyright " +
  "screen teaser promo original upload channel exclusive album single ep youtube stream shorts short vertical studio release released " +
  "песни песня песню текст трек трека новый новая новое года год г слова со с на и русский перевод перевод " +
  "con de del la le les en avec et mit und ost remaster remastered";

/** Versions, which stay when what stands around them is noise: "(Official Live Video)" is "(Live)". */
const VERSIONS =
  "live remix cover acoustic unplugged instrumental karaoke demo sped slowed nightcore reverb bootleg mashup edit extended mix rehearsal session " +
  "лайв ремикс кавер акустика концерт караоке минус инструментал ремастер";

const strong = new Set(STRONG.split(" "));
const weak = new Set(WEAK.split(" "));
const versions = new Set(VERSIONS.split(" "));

const PRODUCER = /^(?:prod|продюсер|муз)(?:\.|uced|ucer)?(?:\s|:|$)/iu;
const YEAR = /^(?:19|20)\d\d$/;

/** What is left of the text in a bracket; undefined when it may stay as it is. */
export function withoutNoise(text: string): string | undefined {
  if (PRODUCER.test(text.trim())) return "";
  const parts = wordsOf(text);
  const folded = parts.map((word) => word.toLowerCase());
  if (!folded.some((word) => strong.has(word))) return parts.length === 0 ? "" : undefined;
  const isNoise = (word: string) => strong.has(word) || weak.has(word) || YEAR.test(word);
  if (!folded.every((word) => isNoise(word) || versions.has(word))) return undefined;
  return parts.filter((word) => versions.has(word.toLowerCase())).join(" ");
}

/** Whether a text tells which version of a title it is, such as "Live at Wembley" or "2011 Remaster". */
export function tellsVersion(text: string): boolean {
  return /(?<![\p{L}\p{N}])(?:live|remaster(?:ed)?|remix|(?:radio|single|club|extended)\s+(?:edit|mix|version)|edit|acoustic|unplugged|instrumental|karaoke|demo|mono|stereo|(?:album|single|bonus|original|piano|orchestral)\s+(?:version|mix|track)|version|cover|sped up|slowed|nightcore|лайв|ремикс|кавер|акустика|версия|ремастер|концерт)(?![\p{L}\p{N}])/iu.test(
    text,
  );
}

/** "M/V" is one word. */
function wordsOf(text: string): string[] {
  return text.replace(/\bM\s?[/⁄]\s?V\b/giu, "MV").match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

const MEDIUM = "(?:videos?(?:\\s*clip)?|audio|clip|visuali[sz]er|mv|m/v|lyrics?(?:\\s+video)?|music\\s+video)";
const PICTURE = "(?:hd|hq|uhd|4k|8k|720p|1080p)";

/** Noise at the end of a title without brackets: only what no title ends with. */
const TRAILING: readonly RegExp[] = [
  new RegExp(`[\\s,;:|/•-]+official\\s+(?:${PICTURE}\\s+|music\\s+|lyrics?\\s+)*${MEDIUM}(?:\\s+${PICTURE})*$`, "iu"),
  /[\s,;:|/•-]+(?:music|lyrics?)\s+(?:video|clip)$/iu,
  /[\s,;:|/•-]+with\s+lyrics$/iu,
  /[\s,;:|/•-]+(?:video|audio|clip|vídeo)\s*(?:clip)?\s+(?:oficial|officiel|ufficiale)$/iu,
  /[\s,;:|/•-]+(?:официальн(?:ый|ое|ая)\s+)(?:музыкальн\S+\s+)?(?:видео\s?клип|видео|клип|аудио)(?:\s+(?:19|20)\d\d)?$/iu,
  /[\s,;:|/•-]+премьера(?:\s+(?:клипа|песни|трека|видео))?[,\s]*(?:(?:19|20)\d\d)?$/iu,
  new RegExp(`\\s+${PICTURE.toUpperCase()}$`, "u"),
  /\s+(?:M\/V|MV)$/u,
  /(?:\s+#\p{L}[\p{L}\p{N}_]*)+$/u,
];

/** Noise in front of a title. */
const LEADING: readonly RegExp[] = [
  /^премьера(?:\s+(?:клипа|песни|трека|видео))?[,\s]*(?:(?:19|20)\d\d)?\s*[!:|.–—-]+\s*/iu,
  /^(?:official\s+)?(?:music|lyrics?)\s+video\s*[:|–—-]+\s*/iu,
  /^0\d\s*[.)–—-]+\s*(?=\S)/u,
];

/** The title without noise at both ends. `noisy`: there was some at its end. */
export function withoutEdges(title: string): { title: string; noisy: boolean } {
  let rest = title;
  for (const pattern of LEADING) rest = rest.replace(pattern, "");
  const end = rest;
  for (const pattern of TRAILING) rest = rest.replace(pattern, "");
  return { title: rest, noisy: rest !== end };
}
