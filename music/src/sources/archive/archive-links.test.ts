import fc from "fast-check";
import { expect, test } from "vitest";
import { archiveUrl, isFileName, parseArchiveLink } from "./archive-links.js";

function canonical(url: string): string | undefined {
  const link = parseArchiveLink(url);
  return link && archiveUrl(link);
}

test.each([
  "https://archive.org/details/harbour-lights-ep",
  "http://archive.org/details/harbour-lights-ep/",
  "https://www.archive.org/details/harbour-lights-ep?sort=title#reviews",
  "https://ARCHIVE.org:443/details/harbour-lights-ep",
  "https://archive.org/download/harbour-lights-ep",
  "https://archive.org/embed/harbour-lights-ep?playlist=1",
  "https://archive.org/stream/harbour-lights-ep/harbour-lights-ep_djvu.txt",
  "https://ia800504.us.archive.org/28/items/harbour-lights-ep/",
])("an item has one link: %s", (url) => {
  expect(canonical(url)).toBe("https://archive.org/details/harbour-lights-ep");
});

test.each([
  "https://archive.org/details/harbour-lights-ep/disc%201/01%20-%20Quay.mp3",
  "https://archive.org/details/harbour-lights-ep/disc 1/01 - Quay.mp3",
  "https://archive.org/download/harbour-lights-ep/disc%201/01%20-%20Quay.mp3?download=1",
  "https://archive.org/embed/harbour-lights-ep/disc%201%2F01%20-%20Quay.mp3",
  "http://www.archive.org/download/harbour-lights-ep/x/../disc%201/01%20-%20Quay.mp3",
  "https://ia800504.us.archive.org/28/items/harbour-lights-ep/disc%201/01%20-%20Quay.mp3",
  "https://dn720701.ca.archive.org/0/items/harbour-lights-ep/disc%201/01%20-%20Quay.mp3",
])("a file has one link: %s", (url) => {
  expect(canonical(url)).toBe("https://archive.org/details/harbour-lights-ep/disc%201/01%20-%20Quay.mp3");
});

test.each([
  "https://archive.org/",
  "https://archive.org/details/",
  "https://archive.org/details/@somebody",
  "https://archive.org/details/a",
  "https://archive.org/search?query=abba",
  "https://archive.org/metadata/harbour-lights-ep",
  "https://archive.org/details/harbour-lights-ep/..%2f..%2fetc%2fpasswd",
  "https://archive.org/details/harbour-lights-ep/a%00b.mp3",
  "https://archive.org/details/harbour-lights-ep/a%0d%0ab.mp3",
  "https://archive.org/details/harbour-lights-ep/%ff.mp3",
  "https://archive.org/details/harbour-lights-ep/a//b.mp3",
  `https://archive.org/details/harbour-lights-ep/${"ы".repeat(400)}.mp3`,
  "https://archive.org:8443/details/harbour-lights-ep",
  "https://user:secret@archive.org/details/harbour-lights-ep",
  "ftp://archive.org/details/harbour-lights-ep",
  "https://web.archive.org/details/harbour-lights-ep",
  "https://archive.org.example.com/details/harbour-lights-ep",
  "https://example.com/?https://archive.org/details/harbour-lights-ep",
  "https://ia800504.us.archive.org/details/harbour-lights-ep",
  "https://ia800504.us.archive.org/28/other/harbour-lights-ep/a.mp3",
  "library://harbour-lights-ep",
  "harbour-lights-ep",
  "",
])("%s is a link of somebody else, or leads nowhere", (url) => {
  expect(canonical(url)).toBeUndefined();
});

test("every file name comes through a link as it was, and the link is its own one form", () => {
  const names = fc.string({ unit: "binary", minLength: 1, maxLength: 60 }).filter(isFileName);
  fc.assert(
    fc.property(names, (name) => {
      const url = archiveUrl({ identifier: "some-item", name });
      expect(parseArchiveLink(url)).toEqual({ identifier: "some-item", name });
      expect(canonical(url)).toBe(url);
      expect(url).toMatch(/^[\x21-\x7e]+$/);
    }),
  );
});

test("no text makes reading a link throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl()), (text) => void parseArchiveLink(text)));
});
