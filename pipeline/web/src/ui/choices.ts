/** What the user chose, kept by the browser; for this visit only where the browser keeps nothing. */

import type { Ticket, TicketBox } from "../protocol/line";
import type { Mode } from "../protocol/messages";

export type Appearance = "system" | "dark" | "light";

export interface Choices {
  appearance: Appearance;
  volume: number;
  muted: boolean;
  mode: Mode | null;
  microphone: string;
  speaker: string;
}

const KEY = "parley";
const DEFAULT: Choices = { appearance: "system", volume: 1, muted: false, mode: null, microphone: "", speaker: "" };

export const choices: Choices = { ...DEFAULT, ...(JSON.parse(read(storage("localStorage"), KEY) ?? "{}") as Partial<Choices>) };

export function choose(changes: Partial<Choices>): void {
  Object.assign(choices, changes);
  storage("localStorage")?.setItem(KEY, JSON.stringify(choices));
}

/** The token: from the address (`#token=...`), which forgets it; or from earlier in this tab. */
export function token(): string {
  const kept = storage("sessionStorage");
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return read(kept, `${KEY}.token`) ?? "";
  history.replaceState(null, "", location.pathname + location.search);
  kept?.setItem(`${KEY}.token`, given);
  return given;
}

/** Brings this tab back to its session when the page is loaded again. */
export const tickets: TicketBox = {
  get: () => JSON.parse(read(storage("sessionStorage"), `${KEY}.ticket`) ?? "null") as Ticket | null,
  set: (ticket) => storage("sessionStorage")?.setItem(`${KEY}.ticket`, JSON.stringify(ticket)),
};

function read(from: Storage | null, key: string): string | null {
  return from?.getItem(key) ?? null;
}

function storage(name: "localStorage" | "sessionStorage"): Storage | null {
  try {
    return window[name];
  } catch {
    return null; // a user who keeps no cookies
  }
}
