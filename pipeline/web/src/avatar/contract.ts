/** What the page and the avatar know of each other.
 *
 * The page owns the line, the sound and the controls; the avatar owns the canvas. Times are milliseconds of the answer, as in
 * docs/protocol.md, and the one clock is that of the sound: the avatar asks `clock()` each frame, and shows that moment. */

export type State = "idle" | "listening" | "thinking" | "speaking";

export type Theme = "dark" | "light";

/** The 15 mouth shapes of Oculus LipSync. */
export type VisemeName =
  | "sil" | "PP" | "FF" | "TH" | "DD" | "kk" | "CH" | "SS" | "nn" | "RR" | "aa" | "E" | "ih" | "oh" | "ou";

/** Start and duration (ms of the answer), the shape, and its weight, 0 to 1. */
export type Viseme = readonly [start: number, duration: number, name: VisemeName, weight: number];

/** What is heard now. */
export interface Heard {
  /** The answer's id. */
  readonly turn: string;
  /** Milliseconds into the answer, of the sample that leaves the loudspeaker at this moment. */
  readonly position: number;
}

/** A look on the face. */
export interface Expression {
  /** `happy`, `sad`, `angry`, `surprised` or `relaxed`; others are passed over. */
  readonly name: string;
  readonly start: number;
  readonly duration: number;
  /** 0 to 1. */
  readonly weight: number;
}

/** A movement of the head or hands. */
export interface Gesture {
  /** `nod`, `shake`, `wave`, `point`, `shrug`, `think`...; others are passed over. */
  readonly name: string;
  readonly start: number;
}

/** Metres from the user's origin: right, up, back, as in WebXR. */
export type Position = readonly [x: number, y: number, z: number];

export interface Thing {
  readonly name: string;
  readonly position: Position;
}

export interface AvatarOptions {
  /** What is heard now; null while no answer sounds. Costs nothing: call it each frame. */
  clock(): Heard | null;
  readonly theme: Theme;
}

/** What an immersive session wants of the page. */
export interface XrHost {
  /** The trigger or the pinch began, and ended. */
  press(): void;
  release(): void;
  /** The user points at this thing; empty for nothing any more. */
  point(target: string, position: Position | null): void;
  /** What stands around the user; said when the session begins. */
  scene(place: string, things: readonly Thing[]): void;
  /** The running context of the voice: for the PannerNode, and the listener that follows the user's head. */
  readonly audio: AudioContext;
  /** Sends the voice through this node, on the way to the loudspeaker; null sends it there directly. */
  through(node: AudioNode | null): void;
  /** The session is over, whoever ended it. */
  ended(): void;
}

export type XrKind = "immersive-vr" | "immersive-ar";

export interface Avatar {
  state(state: State): void;
  /** Mouth shapes of an answer, in order of time. They replace those of that answer from the first one's start on. */
  visemes(turn: string, visemes: readonly Viseme[]): void;
  expression(turn: string, expression: Expression): void;
  gesture(turn: string, gesture: Gesture): void;
  /** The sound was cut: the mouth closes. What is known of the answer stays, for it may go on from an earlier position. */
  flush(): void;
  /** The answer is over: what is known of it is dropped. */
  forget(turn: string): void;
  /** Captions to float in the headset: who speaks, their words so far, and those about to come. Nothing outside of it. */
  caption(speaker: "user" | "avatar", text: string, coming: string): void;
  /** Replaces the head by a VRM. Rejects with an Error whose message is for people; the head before stays then. */
  loadVrm(file: ArrayBuffer): Promise<void>;
  /** The canvas has another size (CSS pixels of its box). */
  resize(): void;
  theme(theme: Theme): void;
  /** Where the browser can: call it in the handler of a click. Resolves when the session runs. */
  enterXR(kind: XrKind, host: XrHost): Promise<void>;
  /** Ends the immersive session, if there is one. */
  leaveXR(): void;
}

/** `createAvatar` of ./index. Throws an Error where the browser has no WebGL 2; the page goes on without a face then. */
export type CreateAvatar = (canvas: HTMLCanvasElement, options: AvatarOptions) => Avatar;
