/** The microphone's side of the audio thread: whatever its rate, 20 ms frames of 16-bit sound at the rate asked for. */

import type { Captured, CaptureOptions } from "./messages";
import { Resampler } from "./resampler";

const FRAME = 0.02; // seconds

class Capture extends AudioWorkletProcessor {
  private readonly resampler: Resampler;
  private readonly frame: Float32Array;
  private filled = 0;
  private timestamp = 0;

  constructor(options: { processorOptions: CaptureOptions }) {
    super();
    const rate = options.processorOptions.sampleRate;
    this.resampler = new Resampler(sampleRate, rate);
    this.frame = new Float32Array(Math.round(rate * FRAME));
  }

  process([input]: Float32Array[][]): boolean {
    const channel = input?.[0];
    if (!channel) return true; // the microphone is being changed
    for (const sample of this.resampler.process(channel)) {
      this.frame[this.filled++] = sample;
      if (this.filled === this.frame.length) this.send();
    }
    return true;
  }

  private send(): void {
    const samples = Int16Array.from(this.frame, (x) => Math.round(Math.max(-1, Math.min(x, 1)) * 32_767));
    const power = this.frame.reduce((sum, x) => sum + x * x, 0) / this.frame.length;
    const captured: Captured = { timestamp: this.timestamp, samples, level: Math.sqrt(power) };
    this.port.postMessage(captured, [samples.buffer]);
    this.timestamp += this.frame.length;
    this.filled = 0;
  }
}

registerProcessor("capture", Capture);
