// A choice of files as a part of a link, and back: JSON, deflated (RFC 1951), in base64url (RFC 4648, section 5).

/** Characters. Programs that show or send a link cut longer ones. */
export const LONGEST = 8_000;
const MOST_BYTES = 500_000; // inflated: a short text may stand for very much

const through = (bytes, stream) => new Blob([bytes]).stream().pipeThrough(stream);

/** Returns the text of a value. It may be longer than LONGEST. */
export async function encode(value) {
  const stream = through(new TextEncoder().encode(JSON.stringify(value)), new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Returns the value of a text, which may come from anybody. Raises an Error if it has none. */
export async function decode(text) {
  if (text.length > LONGEST) throw new RangeError(LONGEST);
  const packed = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
  const reader = through(packed, new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  let size = 0;
  for (let part; !(part = await reader.read()).done;) {
    parts.push(part.value);
    size += part.value.length;
    if (size > MOST_BYTES) {
      reader.cancel();
      throw new RangeError(MOST_BYTES);
    }
  }
  return JSON.parse(await new Blob(parts).text());
}
