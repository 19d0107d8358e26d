/** Press and hold to talk: the button by mouse, touch, pen and keyboard, and Space anywhere else on the page. */

import type { Key } from "../talk";
import { element } from "./elements";
import { words } from "./strings";

export interface Holding {
  press(): void;
  release(): void;
}

const WRITES = "input:not([type=range]), textarea, select";
const ACTS = "button, a, summary, [role=switch], input[type=range]";

export class TalkButton {
  private readonly button = element<HTMLButtonElement>("talk");
  private readonly name = element("talk-name");
  private readonly hint = element("hint");
  private key: Key = "up";
  private free = false;

  constructor(holding: Holding) {
    const { button } = this;
    button.onpointerdown = (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId); // a finger may slide off while it talks
      holding.press();
    };
    button.onpointerup = button.onpointercancel = button.onlostpointercapture = () => holding.release();
    button.oncontextmenu = (event) => event.preventDefault(); // what a long touch means elsewhere
    let held = ""; // the key that is down
    addEventListener("keydown", (event) => {
      if (!this.talks(event)) return;
      event.preventDefault(); // Space scrolls, and clicks
      if (event.repeat) return;
      held = event.code;
      holding.press();
    });
    addEventListener("keyup", (event) => {
      if (event.code !== held) return;
      event.preventDefault();
      held = "";
      holding.release();
    });
    // A key that comes up in another window is never told.
    addEventListener("blur", () => holding.release());
    document.addEventListener("visibilitychange", () => holding.release());
    this.draw();
  }

  set is(key: Key) {
    this.key = key;
    this.draw();
  }

  set handsFree(free: boolean) {
    this.free = free;
    this.draw();
  }

  /** 0 to 1, of full scale. */
  set level(level: number) {
    // -50 dB is a quiet room, -10 dB a loud voice
    const shown = Math.max(0, Math.min(1, (20 * Math.log10(level + 1e-6) + 50) / 40));
    this.button.style.setProperty("--level", shown.toFixed(3));
  }

  private talks(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target === this.button) return event.code === "Space" || event.code === "Enter";
    return event.code === "Space" && !target.closest(`${WRITES}, ${ACTS}, dialog`);
  }

  private draw(): void {
    const { hold, holding, opening, free } = words;
    const hint = matchMedia("(hover: none)").matches ? words.touchHint : words.hint;
    this.button.dataset["key"] = this.key;
    this.button.ariaPressed = String(this.key === "down");
    this.name.textContent = this.key === "down" ? holding : this.key === "opening" ? opening : hold;
    this.hint.textContent = this.key === "down" ? holding : this.key === "opening" ? opening : this.free ? free : hint;
  }
}

/** True where a key pressed there is part of writing. */
export function writes(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(`${WRITES}, dialog`) !== null;
}
