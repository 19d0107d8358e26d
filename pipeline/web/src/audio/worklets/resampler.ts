/** Changes the sample rate of a stream by a rational factor: a polyphase filter, exact for any two rates. */

/** Zero crossings of the sinc to each side: 16 keep 90 % of the band flat and fold less than -60 dB back. */
const CROSSINGS = 16;
/** The filter is half way down here, as a part of the lower rate's Nyquist frequency. */
const CUTOFF = 0.92;

export class Resampler {
  private readonly up: number;
  private readonly down: number;
  private readonly phases: Float32Array[];
  private readonly taps: number;
  private history: Float32Array;
  private phase = 0; // of the next output sample: its time is (phase / up) input samples behind the filter's start

  constructor(from: number, to: number) {
    const divisor = gcd(from, to);
    this.up = to / divisor;
    this.down = from / divisor;
    const band = CUTOFF * Math.min(1, to / from); // of the input's Nyquist frequency
    const reach = CROSSINGS / band; // input samples to each side
    this.taps = 2 * Math.ceil(reach);
    this.phases = Array.from({ length: this.up }, (_, phase) => kernel(this.taps, phase / this.up, band, reach));
    this.history = new Float32Array(this.taps - 1);
  }

  /** The next samples at the new rate, later by half the filter's length. */
  process(input: Float32Array): Float32Array {
    const samples = new Float32Array(this.history.length + input.length);
    samples.set(this.history);
    samples.set(input, this.history.length);
    const ends = samples.length - this.taps + 1; // positions where the whole filter lies on samples
    const output = new Float32Array(Math.max(0, Math.ceil((ends * this.up - this.phase) / this.down)));
    for (let i = 0; i < output.length; i++, this.phase += this.down) {
      const start = Math.floor(this.phase / this.up);
      const weights = this.phases[this.phase % this.up]!;
      let sum = 0;
      for (let k = 0; k < this.taps; k++) sum += weights[k]! * samples[start + k]!;
      output[i] = sum;
    }
    this.phase -= ends * this.up;
    this.history = samples.slice(ends);
    return output;
  }
}

/** A windowed sinc (Blackman) whose centre lies `offset` samples behind the middle tap. */
function kernel(taps: number, offset: number, band: number, reach: number): Float32Array {
  const weights = Float32Array.from({ length: taps }, (_, k) => {
    const t = k - (taps / 2 - 1) - offset;
    if (Math.abs(t) >= reach) return 0;
    const angle = (Math.PI * t) / reach;
    return sinc(band * t) * (0.42 + 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle));
  });
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
