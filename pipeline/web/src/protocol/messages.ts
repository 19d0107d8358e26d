/** The messages of the Parley protocol, version 1: docs/protocol.md, and with a line for every field pipeline/wire/from_*.py.
 * Times are milliseconds; a timestamp counts the samples of a stream of sound. */

import type { Expression as Look, Gesture as Movement, Position, State, Viseme } from "../avatar/contract";

export const VERSION = 1;

export type Mode = "push-to-talk" | "hands-free";

export interface Format {
  codec: "pcm16" | "opus";
  sample_rate: number;
}

// --- from the client

export interface Hello {
  type: "hello";
  protocol: number;
  token?: string;
  user?: string;
  client?: string;
  mode?: Mode | null;
  language?: string;
  audio_in?: Format;
  audio_out?: Format;
  wants?: ("visemes" | "captions" | "expressions" | "actions")[];
  reports?: boolean;
  session?: string;
  key?: string;
  heard?: number | null;
  skills?: readonly Skill[];
}

export interface SkillSlot {
  name: string;
  kind?: "text" | "integer" | "number" | "duration" | "choice";
  choices?: readonly string[];
  required?: boolean;
  about?: string;
  ask?: string;
}

export interface Skill {
  name: string;
  about?: string;
  examples: readonly string[];
  slots?: readonly SkillSlot[];
  effects?: boolean;
  confirm?: boolean;
}

export interface Result {
  type: "result";
  id: string;
  status?: "done" | "refused";
  say?: string;
  facts?: Readonly<Record<string, string>>;
}

export interface Press {
  type: "press";
}

export interface Release {
  type: "release";
}

export interface SetMode {
  type: "mode";
  mode: Mode;
}

export interface Text {
  type: "text";
  text: string;
}

export interface Interrupt {
  type: "interrupt";
}

export interface Thing {
  name: string;
  position?: Position | null;
}

export interface Scene {
  type: "scene";
  place?: string;
  things?: readonly Thing[];
}

export interface Gaze {
  type: "gaze";
  target?: string;
}

export interface Point {
  type: "point";
  target?: string;
  position?: Position | null;
}

export interface Played {
  type: "played";
  timestamp: number;
  playing: boolean;
}

export interface Ping {
  type: "ping";
  id?: number;
}

export interface AskStats {
  type: "stats";
}

export interface Bye {
  type: "bye";
}

export type FromClient =
  | Hello | Press | Release | SetMode | Text | Interrupt | Scene | Gaze | Point | Played | Result | Ping | AskStats | Bye;

// --- from the server

export interface Past {
  heard: string;
  said: string;
  interrupted: boolean;
}

export interface Welcome {
  type: "welcome";
  protocol: number;
  session: string;
  key: string;
  resumable: number;
  resumed: boolean;
  user: string;
  language?: string;
  languages?: string[];
  graph: string;
  mode: Mode;
  state: State;
  audio_in: Format;
  audio_out: Format;
  history: Past[];
}

export interface StateIs {
  type: "state";
  state: State;
}

export interface Caption {
  type: "caption";
  turn: string;
  speaker: "user" | "avatar";
  language?: string;
  text: string;
  final: boolean;
  start: number;
  words: [start: number, word: string][];
}

export interface Sync {
  type: "sync";
  turn: string;
  timestamp: number;
  position: number;
}

export interface Visemes {
  type: "visemes";
  turn: string;
  visemes: Viseme[];
}

export interface Expression extends Look {
  type: "expression";
  turn: string;
}

export interface Gesture extends Movement {
  type: "gesture";
  turn: string;
}

export interface Action {
  type: "action";
  turn: string;
  kind: string;
  args: Record<string, string | number>;
}

export interface Flush {
  type: "flush";
}

export interface Answered {
  type: "answered";
  turn: string;
  fate: "answered" | "interrupted" | "failed";
  heard: string;
  said: string;
  latency: number | null;
  error: string;
}

export interface Call {
  type: "call";
  turn: string;
  id: string;
  skill: string;
  slots: Readonly<Record<string, string | number>>;
}

export interface Pong {
  type: "pong";
  id: number;
}

export interface Stats {
  type: "stats";
  received: number;
  lost: number;
  late: number;
  dropped: number;
  delay: number;
  sent: number;
  waiting: number;
}

export type Code =
  | "hello-first" | "unknown-protocol" | "unauthorised" | "unknown-session" | "too-many-sessions" | "not-understood"
  | "bad-audio" | "unknown-language" | "too-fast" | "too-slow" | "too-long" | "replaced" | "shutting-down" | "failed";

export interface ErrorIs {
  type: "error";
  code: Code;
  message: string;
  fatal: boolean;
}

export type FromServer =
  | Welcome | StateIs | Caption | Sync | Visemes | Expression | Gesture | Action | Call | Flush | Answered | Pong | Stats | ErrorIs;
