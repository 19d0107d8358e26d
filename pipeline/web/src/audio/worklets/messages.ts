/** What the page and its audio worklets say to each other. */

/** 20 ms of the microphone. */
export interface Captured {
  /** Counts the samples of the microphone since it was opened. */
  timestamp: number;
  samples: Int16Array;
  /** Root mean square, full scale is 1. */
  level: number;
}

export interface CaptureOptions {
  /** Hz, of the frames. */
  sampleRate: number;
}

/** To the playout: sound to play behind what waits, or `flush`. */
export type ToPlayout = { timestamp: number; samples: Float32Array } | "flush";

/** From the playout: from this frame of the context on, the stream plays without a gap from `timestamp` on; or it plays no
 * more, and `timestamp` is that of the sample that would have come next. */
export interface Segment {
  frame: number;
  timestamp: number;
  playing: boolean;
}

/** From the playout: a segment begins, or (`tick`) one goes on. */
export type FromPlayout = Segment | "tick";
