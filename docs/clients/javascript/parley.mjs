// A client of the Parley protocol (../../protocol.md) in plain JavaScript, for browsers and Node. No dependencies.
// Node 22 and newer have WebSocket; on Node 20: node --experimental-websocket.

const HEADER = 12;
const SOUND = 1;
const FRAME_MS = 20;

/**
 * One session with an avatar. Events, by `on(type, listener)`: every message type of the protocol ("caption",
 * "visemes", "state", "answered"...) with the message; "sound" with {timestamp, sequence, samples: Int16Array}; and
 * "close" with {code, reason}.
 */
export class Parley {
  #socket;
  #listeners = new Map();
  #sequence = 0;
  #timestamp = 0;

  /** What the server agreed to: formats, session, key; there once connected. */
  welcome = null;

  /** Connects, says hello and waits for the welcome. `hello` has the fields of the protocol's message. */
  static connect(url, hello = {}) {
    const parley = new Parley();
    const socket = new WebSocket(url);
    parley.#socket = socket;
    socket.binaryType = "arraybuffer";
    return new Promise((resolve, reject) => {
      let refusal = "";
      socket.onopen = () => parley.send({ type: "hello", protocol: 1, ...hello });
      socket.onerror = () => reject(new Error(`no Parley server answers at ${url}; start one with: parley serve`));
      socket.onclose = ({ code, reason }) => {
        reject(new Error(refusal || `the server closed the connection: ${code} ${reason}`));
        parley.#tell("close", { code, reason });
      };
      socket.onmessage = ({ data }) => {
        if (typeof data !== "string") return parley.#hear(data);
        const message = JSON.parse(data);
        if (message.type === "error") refusal = `${message.code}: ${message.message}`;
        if (message.type === "welcome") {
          parley.welcome = message;
          resolve(parley);
        }
        parley.#tell(message.type, message);
      };
    });
  }

  /** Calls `listener` for each event of that type; returns this. */
  on(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
    return this;
  }

  /**
   * Carries out a skill that `hello.skills` declared. `work` gets the slots by name and returns, or resolves with, what
   * the avatar says, or {say, facts, status}; an error that it throws is said as a refusal.
   */
  onCall(skill, work) {
    return this.on("call", async (call) => {
      if (call.skill !== skill) return;
      let result;
      try {
        const given = await work(call.slots, call);
        result = typeof given === "object" && given !== null ? given : { say: given ?? "" };
      } catch (error) {
        result = { status: "refused", say: error.message };
      }
      this.send({ type: "result", id: call.id, ...result });
    });
  }

  /** Resolves with the next event of that type. */
  next(type) {
    return new Promise((resolve) => {
      const once = (event) => {
        this.#listeners.set(type, this.#listeners.get(type).filter((each) => each !== once));
        resolve(event);
      };
      this.on(type, once);
    });
  }

  /** Sends a message: {type: "press"}, {type: "text", text}, {type: "played", timestamp, playing}... */
  send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  /** Sends one frame of the microphone: an Int16Array of 10 to 60 ms at `welcome.audio_in.sample_rate`. */
  sendSound(samples) {
    const frame = new DataView(new ArrayBuffer(HEADER + 2 * samples.length));
    frame.setUint8(0, SOUND);
    frame.setUint32(4, this.#sequence);
    frame.setUint32(8, this.#timestamp);
    samples.forEach((sample, place) => frame.setInt16(HEADER + 2 * place, sample, true));
    this.#socket.send(frame.buffer);
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#timestamp = (this.#timestamp + samples.length) >>> 0;
  }

  /** Says an Int16Array with the key held, as fast as a microphone would give it. */
  async say(samples) {
    const size = (this.welcome.audio_in.sample_rate * FRAME_MS) / 1000;
    const began = performance.now();
    this.send({ type: "press" });
    for (let place = 0; place < samples.length; place += size) {
      const frame = new Int16Array(size); // the last one is filled up with silence
      frame.set(samples.subarray(place, place + size));
      const due = began + ((place + size) / size) * FRAME_MS;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      this.sendSound(frame);
    }
    this.send({ type: "release" });
  }

  /** Ends the session. */
  close() {
    this.send({ type: "bye" });
    this.#socket.close();
  }

  #hear(data) {
    const view = new DataView(data);
    if (view.getUint8(0) !== SOUND) return;
    const samples = new Int16Array((data.byteLength - HEADER) / 2);
    samples.forEach((_, place) => (samples[place] = view.getInt16(HEADER + 2 * place, true)));
    this.#tell("sound", { sequence: view.getUint32(4), timestamp: view.getUint32(8), samples });
  }

  #tell(type, event) {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

/** The samples of a 16-bit mono WAV file, and its rate. */
export function readWav(buffer) {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  let format = 0;
  for (let at = 12; at + 8 <= view.byteLength; at += 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) & 1)) {
    const name = String.fromCharCode(...buffer.subarray(at, at + 4));
    if (name === "fmt ") format = at + 8;
    if (name !== "data") continue;
    if (view.getUint16(format + 2, true) !== 1 || view.getUint16(format + 14, true) !== 16) break;
    const samples = new Int16Array(Math.min(view.getUint32(at + 4, true), view.byteLength - at - 8) >> 1);
    samples.forEach((_, place) => (samples[place] = view.getInt16(at + 8 + 2 * place, true)));
    return { samples, sampleRate: view.getUint32(format + 4, true) };
  }
  throw new Error("expected a WAV file with one channel of 16-bit samples");
}

/** A 16-bit mono WAV file. */
export function writeWav(samples, sampleRate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, letters) => [...letters].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channel
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, place) => view.setInt16(44 + 2 * place, sample, true));
  return new Uint8Array(view.buffer);
}
