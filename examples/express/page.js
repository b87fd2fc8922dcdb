// The shop's page.

/** Returns the page. `user` is undefined for those who have not signed in. */
export function page({ longhaul, user, users, orders }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The shop</title>
<link rel="stylesheet" href="/shop.css">
<script type="module" src="${escaped(longhaul)}/longhaul-export.js"></script>
</head>
<body>
<main>
<h1>The shop</h1>
${user === undefined ? signIn(users) : signedIn(longhaul, user, orders)}
</main>
</body>
</html>
`;
}

function signIn(users) {
  const buttons = users.map((user) => `<button name="user" value="${user}">Sign in as ${user}</button>`);
  return `<form method="post" action="/login">${buttons.join(" ")}</form>`;
}

function signedIn(longhaul, user, orders) {
  return `<form method="post" action="/logout">You are ${escaped(user)}. <button>Sign out</button></form>
${orders.map((order) => section(longhaul, order)).join("\n")}`;
}

function section(longhaul, { number, files }) {
  const names = files.map((file) => `<li>${escaped(file.name)}</li>`);
  return `<h2>Order ${escaped(number)}</h2>
<ul>${names.join("")}</ul>
<longhaul-export api="${escaped(longhaul)}" selection-url="/orders/${escaped(number)}/selection">
  Download order ${escaped(number)}
</longhaul-export>`;
}

function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
