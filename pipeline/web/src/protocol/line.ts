/** The line to the server: one session over as many WebSockets as it takes. */

import { packSound, type SoundFrame, unpackSound } from "./frames";
import { type ErrorIs, type FromClient, type FromServer, type Hello, VERSION } from "./messages";

export type Status =
  /** Opened for the first time. */
  | { is: "connecting" }
  | { is: "open" }
  /** Lost; it is tried again by itself. */
  | { is: "lost"; error: ErrorIs | null }
  /** Over; `open` begins anew. */
  | { is: "ended"; error: ErrorIs };

export interface LineEvents {
  status(status: Status): void;
  message(message: FromServer): void;
  sound(frame: SoundFrame): void;
}

/** What brings a client back to its session. */
export interface Ticket {
  session: string;
  key: string;
}

/** Where the ticket lives while the page is loaded anew. */
export interface TicketBox {
  get(): Ticket | null;
  set(ticket: Ticket | null): void;
}

const FIRST_RETRY = 300;
const LAST_RETRY = 8_000;
/** Milliseconds without a word, after a ping, that mean a dead line. */
const PATIENCE = 5_000;
/** Bytes that wait to be sent, about two seconds of sound: what the microphone brings beyond is dropped. */
const CROWDED = 65_536;
/** Errors that trying again would not heal. */
const LASTING = new Set<ErrorIs["code"]>(["unauthorised", "unknown-protocol", "replaced"]);

export class Line {
  private socket: WebSocket | null = null;
  private welcomed = false;
  private sequence = 0;
  private attempts = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private pulse: ReturnType<typeof setInterval> | undefined;
  private pinged = false; // and nothing came since
  private error: ErrorIs | null = null;

  constructor(
    private readonly url: string,
    private readonly hello: () => Omit<Hello, "type" | "protocol" | "session" | "key">,
    private readonly tickets: TicketBox,
    private readonly events: LineEvents,
  ) {}

  /** Opens the line, or tries again at once. */
  open(): void {
    clearTimeout(this.retry);
    if (this.socket) return;
    if (!this.attempts) this.events.status({ is: "connecting" });
    this.error = null;
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.watch();
    socket.onopen = () => {
      const hello: Hello = { type: "hello", protocol: VERSION, ...this.hello(), ...this.tickets.get() };
      socket.send(JSON.stringify(hello));
    };
    socket.onmessage = ({ data }) => {
      this.pinged = false;
      this.take(data);
    };
    socket.onclose = () => this.lost(socket);
  }

  /** False where the line is not open: the message is lost. */
  send(message: FromClient): boolean {
    if (!this.welcomed) return false;
    this.socket?.send(JSON.stringify(message));
    return true;
  }

  sound(timestamp: number, samples: Int16Array): void {
    if (!this.welcomed || !this.socket) return;
    const sequence = this.sequence++; // a frame that is dropped leaves a gap, which the server conceals
    if (this.socket.bufferedAmount < CROWDED) this.socket.send(packSound(sequence, timestamp, samples));
  }

  private take(data: string | ArrayBuffer): void {
    if (typeof data !== "string") {
      const frame = unpackSound(data);
      if (frame) this.events.sound(frame);
      return;
    }
    const message = JSON.parse(data) as FromServer;
    if (message.type === "welcome") {
      this.welcomed = true;
      this.attempts = this.sequence = 0;
      this.tickets.set({ session: message.session, key: message.key });
      this.events.status({ is: "open" });
    } else if (message.type === "error" && message.code === "unknown-session") {
      this.tickets.set(null); // too late to come back: the next hello asks for a new session
    } else if (message.type === "error" && message.fatal) {
      this.error = message;
    }
    this.events.message(message);
  }

  /** Pings, and closes a line that is dead. */
  private watch(): void {
    clearInterval(this.pulse);
    this.pinged = false;
    this.pulse = setInterval(() => {
      if (this.pinged || !this.welcomed) {
        if (this.socket) this.lost(this.socket);
        return;
      }
      this.pinged = true;
      this.send({ type: "ping" });
    }, PATIENCE);
  }

  private lost(socket: WebSocket): void {
    if (socket !== this.socket) return; // closed by us, and forgotten
    this.socket = null;
    this.welcomed = false;
    clearInterval(this.pulse);
    socket.onclose = socket.onmessage = socket.onopen = null;
    socket.close();
    const error = this.error;
    if (error && LASTING.has(error.code)) {
      this.attempts = 0;
      this.events.status({ is: "ended", error });
      return;
    }
    const delay = Math.min(FIRST_RETRY * 2 ** this.attempts++, LAST_RETRY);
    // Half of it by chance, so that the clients of a server that comes back do not all knock at once.
    this.retry = setTimeout(() => this.open(), delay * (0.5 + Math.random() / 2));
    this.events.status({ is: "lost", error });
  }
}
