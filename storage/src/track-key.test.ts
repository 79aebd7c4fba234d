import { expect, test } from "vitest";
import { trackKey } from "./track-key.js";

test("a track's key is base64url of the first 16 bytes of SHA-256 of its url", () => {
  // printf %s 'https://www.youtube.com/watch?v=dQw4w9WgXcQ' | openssl dgst -sha256 -binary | head -c 16 | basenc --base64url
  expect(trackKey("https://www.youtube.com/watch?v=dQw4w9WgXcQ")).toBe("BCSXTGhTApBFjI1YZ04mNw");
  expect(trackKey("library://ёлка")).toBe("lyfGZRLRVKkktl_cJI8AsA");
});
