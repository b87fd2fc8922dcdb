// What the backend says of the shop.

export interface Order {
  number: string;
  /** The names of its files and folders. */
  names: string[];
}

export interface Shop {
  /** Longhaul's base URL. */
  longhaul: string;
  /** Who has signed in. */
  user?: string;
  users: string[];
  orders: Order[];
}

/** Returns the shop as the user sees it who has signed in. */
export async function shop(signal: AbortSignal): Promise<Shop> {
  const answer = await fetch("/shop", { signal });
  if (!answer.ok) {
    throw new Error(`The shop answers ${answer.status}.`);
  }
  return answer.json();
}
