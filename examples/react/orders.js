// The shop's users and orders. They stand for your database.

export const USERS = ["alice", "bob"];

// Files as Longhaul knows them, by id or by prefix, each with its name in the ZIP.
const ORDERS = [
  {
    number: "4711",
    owner: "alice",
    files: [
      { id: 10001, name: "Order 4711/Type checker.tar" },
      { id: 10002, name: "Order 4711/Linter.tar" },
      { prefix: "licences/", name: "Order 4711/Licences" },
    ],
  },
  {
    number: "4712",
    owner: "alice",
    files: [{ id: 10007, name: "Order 4712/Highlighter.tar" }],
  },
  {
    number: "4713",
    owner: "bob",
    files: [
      { id: 10012, name: "Order 4713/Parser.tar" },
      { id: 10017, name: "Order 4713/Flag.gif" },
    ],
  },
];

/** Returns the orders of a user. */
export function ordersOf(user) {
  return ORDERS.filter((order) => order.owner === user);
}

/** Returns the order with this number; undefined if there is none. */
export function orderOf(number) {
  return ORDERS.find((order) => order.number === number);
}
