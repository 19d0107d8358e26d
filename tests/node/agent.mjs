// An agent of @openai/agents that talks to the server at argv[2]. It types, speaks the 16-bit samples of its input,
// types and interrupts; then it writes what happened as JSON.
import { RealtimeAgent, RealtimeSession } from "@openai/agents/realtime";
import { buffer } from "node:stream/consumers";

const RATE = 24000;
const [, , url] = process.argv;
const spoken = await buffer(process.stdin);

const agent = new RealtimeAgent({ name: "guide", instructions: "You are a pirate." });
const session = new RealtimeSession(agent, { transport: "websocket", model: "gpt-realtime" });

const told = { events: [], errors: [], answers: [], history: [], interrupted: 0 };
let audio = [];
const waiting = [];
const next = (type) => new Promise((resolve) => waiting.push({ type, resolve }));

session.on("audio", (event) => audio.push(Buffer.from(event.data)));
session.on("audio_interrupted", () => told.interrupted++);
session.on("history_updated", (history) => (told.history = history));
session.on("error", (error) => told.errors.push(error));
session.on("transport_event", (event) => {
  told.events.push(event.type);
  for (const wait of waiting.filter((wait) => wait.type === event.type)) {
    waiting.splice(waiting.indexOf(wait), 1);
    wait.resolve(event);
  }
});

async function answered() {
  await next("response.done");
  told.answers.push(Buffer.concat(audio).toString("base64"));
  audio = [];
}

await session.connect({ apiKey: "sk-any", url });

session.sendMessage("How much is a lantern?");
await answered();
session.interrupt(); // the answer is still being played

const heard = answered();
for (let first = 0; first < spoken.length; first += RATE / 10) {
  const { buffer: bytes, byteOffset, length } = spoken.subarray(first, first + RATE / 10);
  session.sendAudio(bytes.slice(byteOffset, byteOffset + length));
}
await heard;

session.sendMessage("Tell me a story");
await next("response.output_audio.delta");
const truncated = next("conversation.item.truncated");
session.interrupt();
await truncated;
await next("conversation.item.retrieved");

session.close();
process.stdout.write(JSON.stringify(told));
