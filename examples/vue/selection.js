// Signs selections: what a user may export, and for how long. A selection is a JWT.
import { createHmac, randomUUID } from "node:crypto";

const LIFE_SECONDS = 10 * 60;

/**
 * Returns a signed selection, for one export within ten minutes. `request` says what may be
 * exported, as in POST /v1/export. The stack knows `key` by its id, `kid`.
 */
export function signed(user, request, key, kid) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    ...request,
    sub: user,
    aud: "longhaul",
    exp: Math.floor(Date.now() / 1000) + LIFE_SECONDS,
    jti: randomUUID(), // its uses are counted by this name, so each selection has its own
    uses: 1,
  };
  const text = `${part({ alg: "HS256", typ: "JWT", kid })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}
