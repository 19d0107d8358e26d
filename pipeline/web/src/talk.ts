/** A conversation: the line, the microphone, the loudspeaker and the face, without anything that is drawn around them. */

import type { Avatar, Heard, State } from "./avatar/contract";
import { type Captured, Microphone, MICROPHONE_RATE, NoMicrophone, type Trouble } from "./audio/microphone";
import { Anchors, Speaker } from "./audio/speaker";
import { Line, type Status, type TicketBox } from "./protocol/line";
import type { FromServer, Mode, Welcome } from "./protocol/messages";

/** Hz; what voices are made at, more or less. */
const VOICE_RATE = 24_000;
/** Frames of 20 ms from before the press that are sent with it: people begin to speak while the finger still goes down. */
const BEFORE_PRESS = 10;

/** Whether the user's key is down, and the microphone hears. */
export type Key = "up" | "opening" | "down";

export interface TalkEvents {
  line(status: Status): void;
  /** Every message of the server, once the talk has done its part. */
  message(message: FromServer): void;
  state(state: State): void;
  mode(mode: Mode): void;
  key(key: Key): void;
  /** The microphone is open, just now. */
  microphone(device: { id: string; name: string }): void;
  /** There is no microphone; `gone` is one that was there. */
  trouble(trouble: Trouble | "gone"): void;
  /** Root mean square of the last 20 ms, while they are sent. */
  level(level: number): void;
  /** Whether the browser lets sound out. */
  audible(audible: boolean): void;
}

export interface TalkOptions {
  url: string;
  token: string;
  client: string;
  /** The user's choice; left to the graph where there is none. */
  mode: Mode | null;
  tickets: TicketBox;
  /** Ids of devices; empty for the system's choice. */
  microphone: string;
  speaker: string;
  volume: number;
}

export class Talk {
  /** The face; it may come later, or never. */
  avatar: Avatar | null = null;
  speaker: Speaker | null = null;
  mode: Mode = "push-to-talk";
  state: State = "idle";
  /** What the conversation runs on, in a line. */
  about = "";
  key: Key = "up";
  private readonly line: Line;
  private readonly anchors = new Anchors();
  private microphone: Microphone | null = null;
  private opening: Promise<Microphone | null> | null = null;
  private before: Captured[] = [];

  constructor(
    private readonly options: TalkOptions,
    private readonly events: TalkEvents,
  ) {
    const hello = () => ({
      token: options.token,
      client: options.client,
      mode: this.options.mode,
      audio_in: { codec: "pcm16" as const, sample_rate: MICROPHONE_RATE },
      audio_out: { codec: "pcm16" as const, sample_rate: VOICE_RATE },
      heard: this.speaker?.fellSilent ?? null,
    });
    this.line = new Line(options.url, hello, options.tickets, {
      status: (status) => this.lineIs(status),
      message: (message) => this.take(message),
      sound: (frame) => this.speaker?.play(frame.timestamp, frame.payload),
    });
  }

  async start(): Promise<void> {
    await this.openSpeaker(VOICE_RATE); // first, so that nothing is lost of an answer that goes on
    this.line.open();
  }

  /** Tries again at once where the line is lost. */
  open(): void {
    this.line.open();
  }

  /** What is heard now. */
  heard(): Heard | null {
    const timestamp = this.speaker?.heard() ?? null;
    return timestamp === null ? null : this.anchors.at(timestamp, this.speaker!.context.sampleRate);
  }

  /** The user did something, or came back: browsers let sound out then. */
  wake(): void {
    this.speaker?.resume();
    this.microphone?.resume();
  }

  // --- what the user does

  /** The user begins to talk. The first time, the browser asks for the microphone. */
  async press(): Promise<void> {
    if (this.key !== "up") return;
    this.turnKey("opening");
    const microphone = await this.listen();
    if ((this.key as Key) !== "opening") return; // let go meanwhile
    if (!microphone || !this.line.send({ type: "press" })) return this.turnKey("up");
    this.turnKey("down");
    if (this.mode === "push-to-talk") for (const frame of this.before) this.line.sound(frame.timestamp, frame.samples);
    this.before = [];
  }

  release(): void {
    if (this.key === "down") this.line.send({ type: "release" });
    this.turnKey("up");
  }

  /** False where hands-free is not possible, as there is no microphone. */
  async setMode(mode: Mode): Promise<boolean> {
    if (mode === "hands-free" && !(await this.listen())) return false;
    this.options.mode = mode;
    this.line.send({ type: "mode", mode });
    this.modeIs(mode);
    return true;
  }

  /** False where the line is not open. */
  say(text: string): boolean {
    return this.line.send({ type: "text", text });
  }

  interrupt(): void {
    this.line.send({ type: "interrupt" });
  }

  point(target: string, position: readonly [number, number, number] | null): void {
    this.line.send({ type: "point", target, position });
  }

  scene(place: string, things: readonly { name: string; position: readonly [number, number, number] }[]): void {
    this.line.send({ type: "scene", place, things });
  }

  set volume(volume: number) {
    this.options.volume = volume;
    if (this.speaker) this.speaker.volume = volume;
  }

  async useSpeaker(device: string): Promise<void> {
    this.options.speaker = device;
    await this.speaker?.use(device);
  }

  /** Uses another microphone from now on. */
  async useMicrophone(device: string): Promise<void> {
    this.options.microphone = device;
    if (!this.microphone) return;
    this.close();
    await this.listen();
  }

  // --- the microphone

  /** The open microphone; null where there is none, which has been told. */
  private listen(): Promise<Microphone | null> {
    if (this.microphone) {
      this.microphone.resume();
      return Promise.resolve(this.microphone);
    }
    this.opening ??= this.openMicrophone().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  private async openMicrophone(): Promise<Microphone | null> {
    try {
      const lost = () => {
        this.close();
        this.events.trouble("gone");
      };
      this.microphone = await Microphone.open(this.options.microphone, (frame) => this.captured(frame), lost);
    } catch (error) {
      if (!(error instanceof NoMicrophone)) throw error;
      this.events.trouble(error.trouble);
      return null;
    }
    this.events.microphone(this.microphone.device);
    return this.microphone;
  }

  private close(): void {
    this.release();
    this.microphone?.close();
    this.microphone = null;
    this.before = [];
  }

  private captured(frame: Captured): void {
    if (this.key === "down" || this.mode === "hands-free") {
      this.line.sound(frame.timestamp, frame.samples);
      this.events.level(frame.level);
    } else {
      this.before = [...this.before.slice(1 - BEFORE_PRESS), frame];
    }
  }

  private turnKey(key: Key): void {
    if (this.key === key) return;
    this.key = key;
    if (key !== "down") this.events.level(0);
    this.events.key(key);
  }

  // --- the line

  private lineIs(status: Status): void {
    if (status.is === "lost" || status.is === "ended") {
      // The server goes on from where the sound stopped: here too, it stops at once.
      this.silence();
      this.turnKey("up");
    }
    this.events.line(status);
  }

  private take(message: FromServer): void {
    switch (message.type) {
      case "welcome":
        this.welcome(message);
        break;
      case "state":
        this.stateIs(message.state);
        break;
      case "sync":
        this.anchors.add(message);
        break;
      case "visemes":
        this.avatar?.visemes(message.turn, message.visemes);
        break;
      case "expression":
        this.avatar?.expression(message.turn, message);
        break;
      case "gesture":
        this.avatar?.gesture(message.turn, message);
        break;
      case "flush":
        this.silence();
        break;
      case "answered":
        this.avatar?.forget(message.turn);
        break;
    }
    this.events.message(message);
  }

  private silence(): void {
    this.speaker?.flush();
    this.avatar?.flush();
  }

  private welcome(welcome: Welcome): void {
    this.anchors.clear();
    this.speaker?.begin();
    this.modeIs(welcome.mode);
    this.stateIs(welcome.state);
    this.about = [welcome.graph, welcome.user].filter(Boolean).join(" · ");
    const rate = welcome.audio_out.sample_rate; // the server's word
    if (this.speaker?.context.sampleRate !== rate) void this.openSpeaker(rate);
    if (welcome.mode === "hands-free") void this.listen();
  }

  private stateIs(state: State): void {
    this.state = state;
    this.avatar?.state(state);
    this.events.state(state);
  }

  private modeIs(mode: Mode): void {
    this.mode = mode;
    this.events.mode(mode);
  }

  private async openSpeaker(sampleRate: number): Promise<void> {
    await this.speaker?.close();
    this.speaker = await Speaker.open(sampleRate, {
      played: (timestamp, playing) => this.line.send({ type: "played", timestamp, playing }),
      running: (running) => this.events.audible(running),
    });
    this.speaker.volume = this.options.volume;
    if (this.options.speaker) await this.speaker.use(this.options.speaker);
  }
}
