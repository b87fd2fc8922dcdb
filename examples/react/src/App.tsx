import { useEffect, useState } from "react";
import { ExportButton } from "./ExportButton";
import { OwnProgress } from "./OwnProgress";
import { type Order, type Shop, shop } from "./shop";

export function App() {
  const [found, setFound] = useState<Shop>();
  useEffect(() => {
    const ending = new AbortController();
    shop(ending.signal).then(setFound, (error) => ending.signal.aborted || console.error(error));
    return () => ending.abort();
  }, []);

  return (
    <main>
      <h1>The shop</h1>
      {found && (found.user === undefined ? <SignIn users={found.users} /> : <Orders {...found} />)}
    </main>
  );
}

function SignIn({ users }: { users: string[] }) {
  return (
    <form method="post" action="/login">
      {users.map((user) => (
        <button key={user} name="user" value={user}>
          Sign in as {user}
        </button>
      ))}
    </form>
  );
}

function Orders({ longhaul, user, orders }: Shop) {
  return (
    <>
      <form method="post" action="/logout">
        You are {user}. <button>Sign out</button>
      </form>
      {orders.map((order) => (
        <Files key={order.number} longhaul={longhaul} order={order} />
      ))}
    </>
  );
}

function Files({ longhaul, order }: { longhaul: string; order: Order }) {
  const selectionUrl = `/orders/${order.number}/selection`;
  return (
    <section>
      <h2>Order {order.number}</h2>
      <ul>
        {order.names.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
      <ExportButton api={longhaul} selectionUrl={selectionUrl}>
        Download order {order.number}
      </ExportButton>
      <details>
        <summary>With a progress bar of your own</summary>
        <OwnProgress api={longhaul} selectionUrl={selectionUrl} />
      </details>
    </section>
  );
}
