/** The microphone: 20 ms frames of 16 kHz sound, cleaned of the page's own voice by the browser. */

import type { Captured, CaptureOptions } from "./worklets/messages";
import worklet from "./worklets/capture.ts?worker&url";

export type { Captured };

export const MICROPHONE_RATE = 16_000;

/** Why there is no microphone. */
export type Trouble =
  /** The page is not served over https, nor from this machine. */
  | "insecure"
  /** The user, or a policy, said no. */
  | "denied"
  /** There is none. */
  | "absent"
  /** Another program holds it, or it does not work. */
  | "busy";

export class NoMicrophone extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
  }
}

export class Microphone {
  private constructor(
    private readonly context: AudioContext,
    private readonly stream: MediaStream,
  ) {}

  /** Asks the user for it, where they have not answered yet. Rejects with NoMicrophone. `device` is an id, or empty for the
   * system's choice. `lost` is called when it goes away, not when it is closed. */
  static async open(device: string, captured: (frame: Captured) => void, lost: () => void): Promise<Microphone> {
    // Browsers hide it, and worklets, from pages that could have been changed on the way.
    if (!navigator.mediaDevices) throw new NoMicrophone("insecure");
    const context = new AudioContext({ latencyHint: "interactive" });
    let stream: MediaStream | undefined;
    try {
      // All is ready before the microphone is: what the user says meanwhile would not be heard.
      await context.audioWorklet.addModule(worklet);
      stream = await ask(device);
      const processorOptions: CaptureOptions = { sampleRate: MICROPHONE_RATE };
      const capture = new AudioWorkletNode(context, "capture", {
        numberOfOutputs: 0,
        channelCount: 1,
        channelCountMode: "explicit",
        processorOptions,
      });
      capture.port.onmessage = ({ data }: MessageEvent<Captured>) => captured(data);
      new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(capture);
      stream.getAudioTracks()[0]!.onended = lost;
      await context.resume();
    } catch (error) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      void context.close();
      throw error;
    }
    return new Microphone(context, stream);
  }

  /** The device that it is, and its name. */
  get device(): { id: string; name: string } {
    const track = this.stream.getAudioTracks()[0]!;
    return { id: track.getSettings().deviceId ?? "", name: track.label };
  }

  resume(): void {
    if (this.context.state !== "running" && this.context.state !== "closed") void this.context.resume().catch(() => {});
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close();
  }
}

async function ask(device: string): Promise<MediaStream> {
  const cleaned = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  try {
    // `ideal`: a device that was unplugged since gives way to another
    return await navigator.mediaDevices.getUserMedia({ audio: device ? { ...cleaned, deviceId: { ideal: device } } : cleaned });
  } catch (error) {
    throw new NoMicrophone(trouble(error));
  }
}

function trouble(error: unknown): Trouble {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "absent";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      throw error;
  }
}
