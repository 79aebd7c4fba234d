import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cleanTitle } from "./clean-title.js";

/** Title and uploader as a site shows them, then as they ought to be. */
// biome-ignore format: a table, read down its columns
const CASES: readonly (readonly [string, string, string, string])[] = [
  // Noise in brackets
  ["Imagine Dragons - Believer (Official Music Video)", "ImagineDragonsVEVO", "Believer", "Imagine Dragons"],
  ["Imagine Dragons – Believer [Official Video] [4K]", "ImagineDragons", "Believer", "Imagine Dragons"],
  ["Rick Astley - Never Gonna Give You Up (Official Video) (4K Remaster)", "Rick Astley", "Never Gonna Give You Up", "Rick Astley"],
  ["Queen – Bohemian Rhapsody (Official Video Remastered)", "Queen Official", "Bohemian Rhapsody", "Queen"],
  ["Adele - Hello (Official Lyric Video)", "AdeleVEVO", "Hello", "Adele"],
  ["Billie Eilish - bad guy (Lyrics)", "7clouds", "bad guy", "Billie Eilish"],
  ["The Weeknd - Blinding Lights (Official Audio)", "TheWeekndVEVO", "Blinding Lights", "The Weeknd"],
  ["Dua Lipa - Houdini (Official Visualizer) HD", "Dua Lipa", "Houdini", "Dua Lipa"],
  ["Eminem - Mockingbird [Explicit]", "EminemVEVO", "Mockingbird", "Eminem"],
  ["PSY - GANGNAM STYLE(강남스타일) M/V", "officialpsy", "GANGNAM STYLE(강남스타일)", "PSY"],
  ["[MV] IU - Palette (Feat. G-DRAGON)", "1theK", "Palette (Feat. G-DRAGON)", "IU"],
  ["Shakira - Hips Don't Lie (Official 4K Video) ft. Wyclef Jean", "shakiraVEVO", "Hips Don't Lie ft. Wyclef Jean", "Shakira"],
  ["Rammstein - Deutschland (Offizielles Musikvideo)", "Rammstein Official", "Deutschland", "Rammstein"],
  ["Stromae - Papaoutai (Clip Officiel)", "StromaeVEVO", "Papaoutai", "Stromae"],
  ["Rosalía - DESPECHÁ (Video Oficial)", "ROSALÍA", "DESPECHÁ", "Rosalía"],
  ["Avicii - Levels 【Official Video】", "Avicii", "Levels", "Avicii"],
  ["Foo Fighters - Everlong (Official HD Video)", "Foo Fighters", "Everlong", "Foo Fighters"],
  ["a-ha - Take On Me (Official Video) [Remastered in 4K]", "a-ha", "Take On Me", "a-ha"],
  ["Tones And I - Dance Monkey (with Lyrics)", "Some Lyrics", "Dance Monkey", "Tones And I"],
  ["Daft Punk - Get Lucky (Audio only)", "Uploader", "Get Lucky", "Daft Punk"],
  ["Drake - One Dance (prod. Nineteen85)", "Drake", "One Dance", "Drake"],
  ["Nested - Thing (Official Video (HD))", "x", "Thing", "Nested"],
  // Cyrillic
  ["МакSим - Знаешь ли ты (Клип)", "maksim", "Знаешь ли ты", "МакSим"],
  ["Zivert — Life (Премьера клипа 2019)", "Первое музыкальное", "Life", "Zivert"],
  ["ЗЕМФИРА – Хочешь? (официальное видео)", "Земфира", "Хочешь?", "Земфира"],
  ["Кино - Группа крови (Официальный клип)", "Кино официальный канал", "Группа крови", "Кино"],
  ["Премьера клипа! Анна Асти - Царица", "Зион", "Царица", "Анна Асти"],
  ["Сплин — Выхода нет (Audio) 2023", "СПЛИН", "Выхода нет 2023", "Сплин"],
  ["Би-2 - Полковнику никто не пишет | Официальное видео", "Би-2", "Полковнику никто не пишет", "Би-2"],
  ["Jony - Комета (Лайв)", "JONY", "Комета (Лайв)", "Jony"],
  // Accounts
  ["Bohemian Rhapsody - Remastered 2011", "Queen - Topic", "Bohemian Rhapsody (Remastered 2011)", "Queen"],
  ["Yesterday", "The Beatles - Topic", "Yesterday", "The Beatles"],
  ["Love - Hate", "Motionless - Topic", "Love: Hate", "Motionless"],
  ["Shape of You", "EdSheeranVEVO", "Shape of You", "Ed Sheeran"],
  ["Dancing Queen", "ABBAVEVO", "Dancing Queen", "ABBA"],
  ["Believer", "Imagine Dragons (Official)", "Believer", "Imagine Dragons"],
  ["Believer - Imagine Dragons", "Imagine Dragons", "Believer", "Imagine Dragons"],
  ["Alan Walker - Faded", "NoCopyrightSounds", "Faded", "Alan Walker"],
  ["Hello by Adele", "Adele", "Hello", "Adele"],
  ["Stand by Me", "Ben E. King", "Stand by Me", "Ben E. King"],
  ["Adele: Hello", "Adele", "Hello", "Adele"],
  ["Concerto No. 1: Allegro", "Somebody", "Concerto No. 1: Allegro", "Somebody"],
  ["Beatles - Let It Be", "The Beatles", "Let It Be", "The Beatles"],
  // Versions stay
  ["Nirvana - Come As You Are (Live On MTV Unplugged)", "NirvanaVEVO", "Come As You Are (Live On MTV Unplugged)", "Nirvana"],
  ["Ed Sheeran - Shape of You (Official Live Video)", "Ed Sheeran", "Shape of You (Live)", "Ed Sheeran"],
  ["Lana Del Rey - Summertime Sadness (Cedric Gervais Remix)", "LanaDelReyVEVO", "Summertime Sadness (Cedric Gervais Remix)", "Lana Del Rey"],
  ["Hurt (Cover)", "Somebody Sings", "Hurt (Cover)", "Somebody Sings"],
  ["Radiohead - Creep (Acoustic)", "Radiohead", "Creep (Acoustic)", "Radiohead"],
  ["Lady Gaga - Poker Face (sped up)", "speedy", "Poker Face (sped up)", "Lady Gaga"],
  ["Time - 2011 Remaster", "Pink Floyd - Topic", "Time (2011 Remaster)", "Pink Floyd"],
  ["Hotel California - Live", "Eagles", "Hotel California (Live)", "Eagles"],
  ["Bohemian Rhapsody (Karaoke Version)", "Sing King", "Bohemian Rhapsody (Karaoke Version)", "Sing King"],
  ["Queen - Bohemian Rhapsody - Live Aid 1985", "Queen Official", "Bohemian Rhapsody (Live Aid 1985)", "Queen"],
  ["Calvin Harris - Summer (Radio Edit)", "CalvinHarrisVEVO", "Summer (Radio Edit)", "Calvin Harris"],
  // Dashes, quotes, bars, ends
  ["Artist—Title", "y", "Title", "Artist"],
  ["Nirvana- Smells Like Teen Spirit HD", "user123", "Smells Like Teen Spirit", "Nirvana"],
  ["Jay-Z - 99 Problems", "x", "99 Problems", "Jay-Z"],
  ["Arctic Monkeys - \"Do I Wanna Know?\"", "x", "Do I Wanna Know?", "Arctic Monkeys"],
  ["BTS (방탄소년단) 'Dynamite' Official MV", "HYBE LABELS", "Dynamite", "BTS (방탄소년단)"],
  ["YOASOBI「アイドル」 Official Music Video", "Ayase / YOASOBI", "アイドル", "YOASOBI"],
  ["Coldplay - Yellow | Official Video", "Coldplay", "Yellow", "Coldplay"],
  ["Muse - Uprising // Official Audio", "Muse", "Uprising", "Muse"],
  ["Måneskin - Beggin' official lyric video", "x", "Beggin'", "Måneskin"],
  ["Song Title #shorts #music", "Somebody", "Song Title", "Somebody"],
  ["🔥 Artist - Title 🔥", "x", "Title", "Artist"],
  ["01. Artist - Title", "x", "Title", "Artist"],
  ["Blink-182 - All The Small Things (Official Video)", "blink182", "All The Small Things", "Blink-182"],
  ["Taylor Swift - ...Ready For It?", "TaylorSwiftVEVO", "...Ready For It?", "Taylor Swift"],
  // Nothing else may go
  ["Official Video", "x", "Official Video", "x"],
  ["Video Games", "Lana Del Rey", "Video Games", "Lana Del Rey"],
  ["India.Arie - Video", "IndiaArieVEVO", "Video", "India.Arie"],
  ["1979", "The Smashing Pumpkins", "1979", "The Smashing Pumpkins"],
  ["(I Can't Get No) Satisfaction", "The Rolling Stones", "(I Can't Get No) Satisfaction", "The Rolling Stones"],
  ["Mr. Brightside", "", "Mr. Brightside", ""],
  ["The Killers - Mr. Brightside", "", "Mr. Brightside", "The Killers"],
  ["New", "Paul McCartney", "New", "Paul McCartney"],
  ["Audio", "LSD - Topic", "Audio", "LSD"],
  ["❤️", "x", "❤️", "x"],
  ["-", "x", "-", "x"],
];

test.each(CASES)("%s, of %s, is %s by %s", (title, uploader, cleanedTitle, cleanedUploader) => {
  expect(cleanTitle({ title, uploader })).toEqual({ title: cleanedTitle, uploader: cleanedUploader });
});

/** Texts of what real titles are made of, in any order. */
const pieces = fc.constantFrom(
  " - ", " – ", "—", "- ", " -", ": ", " | ", "(", ")", "[", "]", "「", "」", "\"", "'", "’", "Official Video", "(Official Audio)", "Live", "(Live)", "VEVO",
  " - Topic", "Official", "Artist", "Title", "the ", "by ", "HD", "MV", "#shorts", "клип", "Премьера клипа 2024", "Remastered 2011", "feat. X", "2011", "01. ",
  "🔥", "👨‍👩‍👧", "\u200B", "\u202E", "\uD83D", "é", "e\u0301", " ", "\n", "\0", "|", "~", ",", "«", "»",
); // biome-ignore format: a list
const texts = fc.oneof(
  fc.array(pieces, { maxLength: 14 }).map((all) => all.join("")),
  fc.string({ unit: "grapheme", maxLength: 400 }),
  fc.string({ unit: "binary", maxLength: 400 }),
);

test("whatever the name, the title is not empty, both fit, and cleaning again changes nothing", () => {
  fc.assert(
    fc.property(texts, texts, (title, uploader) => {
      const clean = cleanTitle({ title, uploader });
      if (/[\p{L}\p{N}]/u.test(title)) expect(clean.title).toMatch(/[\p{L}\p{N}]/u);
      for (const text of [clean.title, clean.uploader]) {
        expect(Array.from(text).length).toBeLessThanOrEqual(300);
        expect(text).not.toMatch(/\p{Surrogate}/u);
        expect(text).not.toMatch(/\p{Cc}/u);
      }
      expect(cleanTitle(clean)).toEqual(clean);
    }),
    { numRuns: 3_000 },
  );
});

test("a name of thousands of brackets and dashes is cleaned too", () => {
  const hostile = ["(".repeat(5_000), " - ".repeat(2_000), "official ".repeat(800), "a ".repeat(2_500), "((a)".repeat(1_500)];
  for (const title of hostile) expect(cleanTitle({ title, uploader: title }).title).not.toBe("");
});
