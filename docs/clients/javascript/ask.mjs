// Asks a question and keeps the answer: node --experimental-websocket ask.mjs ws://127.0.0.1:8088/parley in.wav out.wav
import { readFileSync, writeFileSync } from "node:fs";
import { Parley, readWav, writeWav } from "./parley.mjs";

const [url, question, answer] = process.argv.slice(2);
const { samples, sampleRate } = readWav(readFileSync(question));
const heard = [];
const parley = await Parley.connect(url, {
  mode: "push-to-talk",
  reports: false, // no loudspeaker reports: sound counts as heard in its own time
  audio_in: { codec: "pcm16", sample_rate: sampleRate },
});
parley.on("sound", (frame) => heard.push(...frame.samples));
const answered = parley.next("answered");
await parley.say(samples);
const { heard: words, said } = await answered;
console.log(`${words}\n${said}`);
writeFileSync(answer, writeWav(Int16Array.from(heard), parley.welcome.audio_out.sample_rate));
parley.close();
