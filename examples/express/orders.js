// The shop's users and orders. They stand for your database.

export const USERS = ["alice", "bob"];

// Files as Longhaul knows them, by id or by prefix, each with its name in the ZIP.
const ORDERS = [
  {
    number: "4711",
    owner: "alice",
    files: [
      { id: 10007, name: "Order 4711/Highlighter.tar" },
      { id: 10009, name: "Order 4711/Test tools.tar" },
      { id: 10012, name: "Order 4711/Parser.tar" },
      { prefix: "licences/mypy", name: "Order 4711/Licences" },
    ],
  },
  {
    number: "4712",
    owner: "alice",
    files: [{ id: 10001, name: "Order 4712/Type checker.tar" }],
  },
  {
    number: "4713",
    owner: "bob",
    files: [
      { id: 10015, name: "Order 4713/Terminal.tar" },
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
