/** The page: ties the conversation to what is seen of it. */

import "./style/index.css";
import type { Theme } from "./avatar/contract";
import type { Status } from "./protocol/line";
import type { FromServer } from "./protocol/messages";
import { Talk } from "./talk";
import { Captions } from "./ui/captions";
import { choices, choose, tickets, token } from "./ui/choices";
import { element } from "./ui/elements";
import { Face } from "./ui/face";
import { Notices } from "./ui/notices";
import { Settings } from "./ui/settings";
import { errors, speak, states, troubles, words } from "./ui/strings";
import { TalkButton, writes } from "./ui/talking";

speak(document);
const { body } = document;
const notices = new Notices(element("notices"));
const captions = new Captions(element("captions"), element("announcer"), (...spoken) => face.caption(...spoken));
const text = element<HTMLInputElement>("text");

const talk = new Talk(
  {
    url: new URL("parley", location.href.replace(/^http/, "ws")).href,
    token: token(),
    client: "page",
    mode: choices.mode,
    tickets,
    microphone: choices.microphone,
    speaker: choices.speaker,
    volume: choices.muted ? 0 : choices.volume,
  },
  {
    line: show,
    message: take,
    state: (state) => {
      body.dataset["state"] = state;
      element("state-words").textContent = states[state];
      if (state === "idle") captions.settle();
    },
    mode: (mode) => {
      element("hands-free").ariaChecked = String(mode === "hands-free");
      button.handsFree = mode === "hands-free";
    },
    key: (key) => {
      button.is = key;
    },
    microphone: () => {
      notices.clear("microphone");
      void settings.devices();
      if (talk.key === "up" && talk.mode === "push-to-talk") notices.brief("microphone", words.ready);
    },
    trouble: (trouble) => {
      notices.show("microphone", trouble === "gone" ? words.microphoneGone : troubles[trouble]);
    },
    level: (level) => {
      button.level = level;
    },
    audible: (audible) => {
      body.dataset["audible"] = String(audible);
      if (audible) notices.clear("blocked");
    },
  },
);

const face = new Face(talk, notices);
const button = new TalkButton({ press: () => void talk.press(), release: () => talk.release() });
const settings = new Settings(talk, { appearance: paint, vrm: (file) => void face.wear(file) });

function show(status: Status): void {
  body.dataset["line"] = status.is;
  const { state } = body.dataset;
  element("state-words").textContent = status.is === "open" ? states[state as keyof typeof states] : states[status.is];
  if (status.is === "open") {
    notices.clear("line");
  } else if (status.is === "lost") {
    const why = status.error ? (errors[status.error.code] ?? status.error.message) : words.lost;
    notices.show("line", why);
  } else if (status.is === "ended") {
    const why = errors[status.error.code] ?? status.error.message;
    notices.show("line", why, { name: words.again, do: () => talk.open() });
  }
}

let welcomed = false; // before

function take(message: FromServer): void {
  switch (message.type) {
    case "welcome":
      if (message.resumed) captions.past(message.history);
      if (welcomed) notices.brief("line", message.resumed ? words.back : words.anew);
      welcomed = true;
      break;
    case "caption":
      captions.caption(message);
      break;
    case "action":
      captions.action(message);
      break;
    case "sync":
      if (body.dataset["audible"] === "false") notices.show("blocked", words.blocked);
      break;
    case "answered":
      captions.answered(message);
      measure(message.latency);
      break;
    case "error":
      if (!message.fatal && message.code !== "unknown-session") notices.show("error", message.message);
      break;
  }
}

/** Shows how long the user waited for the last answer. */
function measure(latency: number | null): void {
  const shown = element("latency");
  shown.hidden = latency === null;
  shown.title = words.latency;
  shown.textContent = latency === null ? "" : `${(latency / 1000).toFixed(2)} s`;
}

// --- appearance

const dark = matchMedia("(prefers-color-scheme: dark)");

function theme(): Theme {
  return choices.appearance === "system" ? (dark.matches ? "dark" : "light") : choices.appearance;
}

function paint(): void {
  document.documentElement.dataset["theme"] = theme();
  face.theme = theme();
}

dark.onchange = paint;
element("theme").onclick = () => {
  choose({ appearance: theme() === "dark" ? "light" : "dark" });
  paint();
};

// --- volume

const volume = element<HTMLInputElement>("volume");

function sound(): void {
  volume.value = String(choices.muted ? 0 : choices.volume);
  const mute = element("mute");
  mute.ariaPressed = String(choices.muted);
  mute.querySelector("use")?.setAttribute("href", choices.muted ? "#i-silent" : "#i-sound");
  talk.volume = Number(volume.value);
}

function toggleMute(): void {
  choose({ muted: !choices.muted });
  sound();
}

volume.oninput = () => {
  choose(volume.valueAsNumber > 0 ? { volume: volume.valueAsNumber, muted: false } : { muted: true });
  sound();
};
element("mute").onclick = toggleMute;

// --- text, hands-free, keys

element<HTMLFormElement>("line").onsubmit = (event) => {
  event.preventDefault();
  if (text.value.trim() && talk.say(text.value.trim())) text.value = "";
};

async function toggleHandsFree(): Promise<void> {
  const mode = talk.mode === "hands-free" ? "push-to-talk" : "hands-free";
  if (await talk.setMode(mode)) choose({ mode });
}

element("hands-free").onclick = () => void toggleHandsFree();

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && !element<HTMLDialogElement>("settings").open) return talk.interrupt();
  if (writes(event.target)) return;
  if (event.key === "/") {
    event.preventDefault(); // or it would be typed
    text.focus();
  } else if (event.key.toLowerCase() === "h") void toggleHandsFree();
  else if (event.key.toLowerCase() === "m") toggleMute();
});

// --- the browser's own comings and goings

for (const event of ["pointerdown", "keydown", "touchend"]) addEventListener(event, () => talk.wake(), { capture: true });
addEventListener("pointerup", ({ target }) => {
  // A mouse leaves no focus on what it clicked, so that Space talks again.
  const clicked = target instanceof Element ? target.closest<HTMLElement>("button:not(#talk)") : null;
  if (clicked && !clicked.closest("dialog")) setTimeout(() => clicked.blur());
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") talk.wake();
});
addEventListener("online", () => talk.open());
addEventListener("pageshow", (event) => {
  if (event.persisted) talk.open(); // back from the browser's history
});

function frame(): void {
  const heard = talk.heard();
  if (heard) captions.heard(heard);
  requestAnimationFrame(frame);
}

paint();
sound();
frame();
void talk.start();
void face.load(theme());

declare global {
  interface Window {
    /** For those who look into the page: its conversation. */
    parley: Talk;
  }
}
window.parley = talk;
