/** The loudspeaker's side of the audio thread: plays frames in order, and says which sample sounds at which frame of the
 * context. The context runs at the rate of the stream, so that a sample is a frame. */

import type { FromPlayout, Segment, ToPlayout } from "./messages";

/** Seconds that wait before sound begins, or that have passed since the first of it came. */
const ENOUGH = 0.06;
const LONG_ENOUGH = 0.1;
const FADE = 0.008;
const TICK = 0.2;
/** Seconds that may wait: the server sends two ahead. What comes beyond is dropped. */
const BOUND = 30;

interface Piece {
  timestamp: number;
  samples: Float32Array;
  /** What comes behind is another beginning. */
  last?: boolean;
}

class Playout extends AudioWorkletProcessor {
  private queue: Piece[] = [];
  private read = 0; // samples of the first piece that have sounded
  private waiting = 0; // samples in the queue
  private since: number | null = null; // frame of the context when what waits to begin began to come
  private playing = false;
  private next = 0; // timestamp of the sample behind the last that sounded
  private ticked = 0; // frame of the context

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToPlayout>) => (data === "flush" ? this.flush() : this.take(data));
  }

  process(_: Float32Array[][], [output]: Float32Array[][]): boolean {
    const channel = output?.[0];
    if (channel && (this.playing || this.ready())) this.fill(channel);
    if (this.playing && currentFrame - this.ticked >= TICK * sampleRate) {
      this.ticked = currentFrame;
      this.port.postMessage("tick" satisfies FromPlayout);
    }
    return true;
  }

  private take(piece: Piece): void {
    if (this.waiting > BOUND * sampleRate) return;
    this.queue.push(piece);
    this.waiting += piece.samples.length;
    this.since ??= currentFrame;
  }

  private ready(): boolean {
    if (this.since === null) return false;
    return this.waiting >= ENOUGH * sampleRate || currentFrame - this.since >= LONG_ENOUGH * sampleRate;
  }

  private fill(channel: Float32Array): void {
    for (let filled = 0; filled < channel.length; ) {
      const piece = this.queue[0];
      if (!piece) return this.stop(filled);
      const timestamp = (piece.timestamp + this.read) >>> 0;
      if (!this.playing || timestamp !== this.next) this.begin(filled, timestamp);
      const part = piece.samples.subarray(this.read, this.read + channel.length - filled);
      channel.set(part, filled);
      filled += part.length;
      this.next = (timestamp + part.length) >>> 0;
      this.read += part.length;
      this.waiting -= part.length;
      if (this.read < piece.samples.length) continue;
      this.queue.shift();
      this.read = 0;
      if (piece.last) return this.stop(filled);
    }
  }

  private begin(filled: number, timestamp: number): void {
    this.playing = true;
    this.ticked = currentFrame;
    this.say({ frame: currentFrame + filled, timestamp, playing: true });
  }

  private stop(filled: number): void {
    this.playing = false;
    this.since = this.queue.length ? currentFrame : null; // what came while the sound before faded out
    this.say({ frame: currentFrame + filled, timestamp: this.next, playing: false });
  }

  /** Fades out what sounds, and drops the rest. */
  private flush(): void {
    const tail = this.playing ? this.ahead(Math.round(FADE * sampleRate)) : new Float32Array(0);
    const faded = tail.map((sample, i) => sample * (1 - i / tail.length));
    this.queue = this.playing ? [{ timestamp: this.next, samples: faded, last: true }] : [];
    this.waiting = faded.length;
    this.read = 0;
    this.since = null;
    if (!this.playing) this.stop(0);
  }

  /** The next samples of the queue, as many as there are up to `count`. */
  private ahead(count: number): Float32Array {
    const samples = new Float32Array(count);
    let filled = 0;
    let skip = this.read;
    for (const piece of this.queue) {
      const part = piece.samples.subarray(skip, skip + count - filled);
      samples.set(part, filled);
      filled += part.length;
      skip = 0;
    }
    return samples.subarray(0, filled);
  }

  private say(segment: Segment): void {
    this.port.postMessage(segment satisfies FromPlayout);
  }
}

registerProcessor("playout", Playout);
