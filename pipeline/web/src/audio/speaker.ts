/** The voice: frames in, sound out, and the one clock of the page. */

import { samplesBetween } from "../protocol/frames";
import type { FromPlayout, Segment, ToPlayout } from "./worklets/messages";
import worklet from "./worklets/playout.ts?worker&url";

export interface SpeakerEvents {
  /** How far the sound was heard; at the beginning and the end of playing, and every 200 ms between. */
  played(timestamp: number, playing: boolean): void;
  /** Whether the browser lets sound out: it wants a click or a key first. */
  running(running: boolean): void;
}

/** In Chromium and its kin, and in no standard library of types yet. */
type SinkContext = AudioContext & { setSinkId?(device: string): Promise<void> };

/** Segments that may not have been heard yet: a loudspeaker's delay is shorter than so many cuts. */
const SEGMENTS = 16;

export class Speaker {
  /** Where the voice leaves: behind the volume, before the loudspeaker. */
  readonly voice: GainNode;
  /** The first sample of the stream that was not heard, where it fell silent last; null before. */
  fellSilent: number | null = null;
  private segments: Segment[] = [];
  private way: AudioNode | null = null;

  private constructor(
    readonly context: AudioContext,
    private readonly playout: AudioWorkletNode,
    private readonly events: SpeakerEvents,
  ) {
    this.voice = new GainNode(context);
    playout.connect(this.voice).connect(context.destination);
    playout.port.onmessage = ({ data }: MessageEvent<FromPlayout>) => this.hear(data);
    const tell = () => events.running(context.state === "running");
    context.onstatechange = tell;
    tell();
  }

  static async open(sampleRate: number, events: SpeakerEvents): Promise<Speaker> {
    const context = new AudioContext({ sampleRate, latencyHint: "interactive" });
    await context.audioWorklet.addModule(worklet);
    const playout = new AudioWorkletNode(context, "playout", { numberOfInputs: 0, outputChannelCount: [1] });
    return new Speaker(context, playout, events);
  }

  /** To be called when the user does something, and when the page comes back: browsers stop the sound of pages. */
  resume(): void {
    // "interrupted" is Safari's word after a call or a headset's change
    if (this.context.state !== "running" && this.context.state !== "closed") void this.context.resume().catch(() => {});
  }

  /** The stream's numbers begin anew. */
  begin(): void {
    this.fellSilent = null;
  }

  play(timestamp: number, payload: DataView): void {
    const samples = new Float32Array(payload.byteLength >> 1);
    for (let i = 0; i < samples.length; i++) samples[i] = payload.getInt16(2 * i, true) / 32_768;
    this.playout.port.postMessage({ timestamp, samples } satisfies ToPlayout, [samples.buffer]);
  }

  flush(): void {
    this.playout.port.postMessage("flush" satisfies ToPlayout);
  }

  /** The timestamp of the sample that is heard at this moment; null while none is. */
  heard(): number | null {
    const frame = this.now() * this.context.sampleRate;
    const segment = this.segments.findLast((s) => s.frame <= frame);
    return segment?.playing ? segment.timestamp + (frame - segment.frame) : null;
  }

  set volume(volume: number) {
    this.voice.gain.setTargetAtTime(volume, this.context.currentTime, 0.02); // no zipper noise
  }

  /** Uses another loudspeaker, where the browser lets a page choose; empty for the system's choice. */
  async use(device: string): Promise<void> {
    await (this.context as SinkContext).setSinkId?.(device);
  }

  /** Sends the voice through this node, or directly. */
  through(node: AudioNode | null): void {
    this.voice.disconnect();
    this.way?.disconnect();
    this.way = node;
    if (node) this.voice.connect(node).connect(this.context.destination);
    else this.voice.connect(this.context.destination);
  }

  async close(): Promise<void> {
    this.context.onstatechange = this.playout.port.onmessage = null;
    await this.context.close();
  }

  /** The context's time of what leaves the loudspeaker now, seconds. */
  private now(): number {
    const { contextTime = 0, performanceTime = 0 } = this.context.getOutputTimestamp();
    const now = contextTime + (performance.now() - performanceTime) / 1000;
    const latest = this.context.currentTime - (this.context.outputLatency || this.context.baseLatency || 0);
    // Some browsers give zeros at first, and times of before a pause behind it.
    return contextTime > 0 && Math.abs(now - latest) < 0.5 ? now : latest;
  }

  private hear(data: FromPlayout): void {
    if (data === "tick") {
      const heard = this.heard();
      if (heard !== null) this.events.played(Math.round(heard) >>> 0, true);
      return;
    }
    this.segments = [...this.segments.slice(1 - SEGMENTS), data];
    if (!data.playing) this.fellSilent = data.timestamp;
    const late = (data.frame / this.context.sampleRate - this.now()) * 1000;
    setTimeout(() => {
      if (this.segments.at(-1) === data) this.events.played(data.timestamp, data.playing);
    }, late); // it was made; it is heard when it has gone through the loudspeaker's buffer
  }
}

/** An answer's place in the stream of sound. */
export interface Anchor {
  turn: string;
  timestamp: number;
  /** Milliseconds into the answer. */
  position: number;
}

/** Which answer a sample belongs to, and where in it. */
export class Anchors {
  private anchors: Anchor[] = [];

  add(anchor: Anchor): void {
    this.anchors = [...this.anchors.slice(-7), anchor];
  }

  at(timestamp: number, sampleRate: number): { turn: string; position: number } | null {
    const anchor = this.anchors.findLast((a) => samplesBetween(a.timestamp, Math.floor(timestamp)) >= 0);
    if (!anchor) return null;
    const samples = samplesBetween(anchor.timestamp, Math.floor(timestamp)) + (timestamp % 1);
    return { turn: anchor.turn, position: anchor.position + (samples / sampleRate) * 1000 };
  }

  clear(): void {
    this.anchors = [];
  }
}
