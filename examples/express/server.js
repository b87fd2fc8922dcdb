// A tiny shop. People sign in, and download the files of their own orders with Longhaul.
import { randomBytes } from "node:crypto";
import cookieSession from "cookie-session";
import express from "express";
import { orderOf, ordersOf, USERS } from "./orders.js";
import { page } from "./page.js";
import { signed } from "./selection.js";

const { LONGHAUL_URL, SELECTION_KEY, SELECTION_KID = "1" } = process.env;
const { HOST = "127.0.0.1", PORT = "3000", SITE_URL = `http://${HOST}:${PORT}` } = process.env;
// Without a secret of yours, a restart signs everybody out.
const { SESSION_SECRET = randomBytes(32).toString("hex") } = process.env;
if (!LONGHAUL_URL || !SELECTION_KEY) {
  console.error("Set LONGHAUL_URL and SELECTION_KEY.");
  process.exit(1);
}
const isHttps = SITE_URL.startsWith("https:");

// What the page may load, and whom it may ask: this site, and Longhaul.
const POLICY = [
  "default-src 'none'",
  `script-src ${LONGHAUL_URL}/longhaul-export.js`,
  `connect-src 'self' ${LONGHAUL_URL}/`,
  "style-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const app = express();
app.disable("x-powered-by");
app.set("trust proxy", isHttps ? 1 : false); // the proxy in front of it ends TLS
app.use(
  cookieSession({
    name: isHttps ? "__Host-shop" : "shop",
    secret: SESSION_SECRET,
    httpOnly: true,
    sameSite: "lax",
    secure: isHttps,
    maxAge: 12 * 60 * 60 * 1000,
  }),
);

app.get("/", (request, response) => {
  const user = request.session.user;
  response.set({ "Content-Security-Policy": POLICY, "Cache-Control": "no-store" });
  response.send(page({ longhaul: LONGHAUL_URL, user, users: USERS, orders: ordersOf(user) }));
});

app.get("/shop.css", (request, response) => {
  response.sendFile("shop.css", { root: import.meta.dirname });
});

// Another site's form signs nobody in or out. A browser says where a form comes from.
app.post("/*path", (request, response, next) => {
  if ((request.get("Sec-Fetch-Site") ?? "same-origin") !== "same-origin") {
    return problem(response, 403, "This form is another site's.");
  }
  next();
});

// These two stand for your own login. They believe everybody.
app.post("/login", express.urlencoded({ extended: false }), (request, response) => {
  const user = request.body?.user;
  if (!USERS.includes(user)) {
    return problem(response, 400, "There is no such user.");
  }
  request.session = { user };
  response.redirect(303, "/");
});

app.post("/logout", (request, response) => {
  request.session = null;
  response.set("Clear-Site-Data", '"storage"'); // the tickets of exports too
  response.redirect(303, "/");
});

// Your login decides who asks, your database what they may have. Longhaul believes the signature.
app.get("/orders/:number/selection", (request, response) => {
  response.set("Cache-Control", "no-store");
  const user = request.session.user;
  if (user === undefined) {
    return problem(response, 401, "Sign in first.");
  }
  const order = orderOf(request.params.number);
  if (order === undefined) {
    return problem(response, 404, "There is no such order.");
  }
  if (order.owner !== user) {
    return problem(response, 403, "This order is another customer's.");
  }
  const asked = { files: order.files, filename: `Order ${order.number}.zip` };
  response.json({ selection: signed(user, asked, SELECTION_KEY, SELECTION_KID) });
});

// Without this, Express would show the stack. It knows the function by its four parameters.
app.use((error, request, response, next) => {
  const status = error.status ?? 500;
  if (status >= 500) console.error(error);
  if (response.headersSent) return next(error);
  problem(response, status, status < 500 ? "This request cannot be read." : "Something is broken.");
});

/** Answers with an RFC 9457 problem document, as Longhaul does. */
function problem(response, status, detail) {
  response.status(status).type("application/problem+json").json({ status, detail });
}

app.listen(Number(PORT), HOST, (error) => {
  if (error) throw error;
  console.log(`The shop is open: ${SITE_URL}/`);
});
