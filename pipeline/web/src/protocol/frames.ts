/** Binary frames: 12 bytes of header in network byte order, and a payload. */

const HEADER = 12;
const SOUND = 1;

/** Numbers begin again behind this. */
export const WRAP = 2 ** 32;

export interface SoundFrame {
  /** Of the first sample: counts the samples of the stream. */
  timestamp: number;
  /** PCM16, little-endian. */
  payload: DataView<ArrayBuffer>;
}

export function packSound(sequence: number, timestamp: number, samples: Int16Array): ArrayBuffer {
  const frame = new ArrayBuffer(HEADER + 2 * samples.length);
  const view = new DataView(frame);
  view.setUint8(0, SOUND);
  view.setUint32(4, sequence % WRAP);
  view.setUint32(8, timestamp % WRAP);
  samples.forEach((sample, i) => view.setInt16(HEADER + 2 * i, sample, true));
  return frame;
}

/** Null for a kind that this client does not know: a newer server may send one. */
export function unpackSound(frame: ArrayBuffer): SoundFrame | null {
  if (frame.byteLength <= HEADER) return null;
  const view = new DataView(frame);
  if (view.getUint8(0) !== SOUND) return null;
  return { timestamp: view.getUint32(8), payload: new DataView(frame, HEADER) };
}

/** How far `later` lies behind `earlier`, in samples; negative where it lies before. Right across the wrap. */
export function samplesBetween(earlier: number, later: number): number {
  return (later - earlier) | 0;
}
