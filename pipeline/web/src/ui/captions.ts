/** The conversation in words: the user's as they are recognised, the avatar's as they are heard. Those of its clause that are
 * to come stand there dimmed, so that no word moves when it is heard. */

import type { Heard } from "../avatar/contract";
import type { Action, Answered, Caption, Past } from "../protocol/messages";
import { make } from "./elements";
import { words } from "./strings";

/** Turns that stay to be read again. */
const KEPT = 100;

/** Heights of its letters that are seen below the line which is spoken: another line, and the space around it. */
const AHEAD = 1.6;

/** A word of the avatar; milliseconds of the answer. */
interface Word {
  text: string;
  start: number;
  /** When its clause begins. */
  clause: number;
}

interface Turn {
  element: HTMLElement;
  user: HTMLElement;
  avatar: HTMLElement;
  /** Whether the user's words may still change. */
  open: boolean;
  /** Whether it was answered. */
  done: boolean;
  /** The avatar's words. */
  answer: Word[];
  /** How many of them were heard, and of how many the clause has begun. */
  heard: number;
  begun: number;
}

export class Captions {
  private readonly turns = new Map<string, Turn>();

  /** `log` shows the conversation; `announcer` is read aloud by screen readers: whole lines only, for words that come one by
   * one cannot be followed. `spoken` is told what a headset should show: words so far, and those to come. */
  constructor(
    private readonly log: HTMLElement,
    private readonly announcer: HTMLElement,
    private readonly spoken: (speaker: "user" | "avatar", text: string, coming: string) => void,
  ) {
    new ResizeObserver(() => this.scroll()).observe(log);
  }

  caption(caption: Caption): void {
    const turn = this.turn(caption.turn);
    if (caption.speaker === "avatar") {
      turn.answer.push(...caption.words.map(([start, text]) => ({ text, start, clause: caption.start })));
      return;
    }
    turn.open = !caption.final;
    turn.user.classList.toggle("open", turn.open);
    write(turn.user, words.you, caption.text);
    this.spoken("user", caption.text, "");
    if (caption.final) this.announce(`${words.you}: ${caption.text}`);
    this.scroll();
  }

  action(action: Action): void {
    const given = Object.values(action.args).join(", ");
    this.turn(action.turn).element.append(make("p", "action", given ? `${action.kind}: ${given}` : action.kind));
    this.scroll();
  }

  /** Lights up the words of the avatar that are heard by now. What sounds again from the beginning of its word stays lit. */
  heard({ turn: id, position }: Heard): void {
    const turn = this.turns.get(id);
    if (!turn) return;
    const heard = Math.max(turn.heard, turn.answer.filter((word) => word.start <= position).length);
    const begun = Math.max(heard, turn.begun, turn.answer.filter((word) => word.clause <= position).length);
    if (heard === turn.heard && begun === turn.begun) return;
    Object.assign(turn, { heard, begun });
    const soFar = joined(turn.answer.slice(0, heard)), coming = joined(turn.answer.slice(heard, begun));
    write(turn.avatar, words.avatar, soFar, coming);
    this.spoken("avatar", soFar, coming);
    this.scroll();
  }

  /** A turn is over: what was heard of the answer is what counts. */
  answered(answered: Answered): void {
    const turn = this.turn(answered.turn);
    turn.user.classList.remove("open");
    this.write(turn, answered.heard, answered.said, answered.fate === "interrupted");
    if (answered.fate === "failed") turn.element.append(make("p", "failed", `${words.failed}: ${answered.error}`));
    if (answered.said) {
      this.announce(`${words.avatar}: ${answered.said}`);
      if (turn.element === this.log.lastElementChild) this.spoken("avatar", answered.said, "");
    }
    if (!turn.element.textContent) this.drop(answered.turn);
    this.scroll();
  }

  /** Nobody talks any more: words that came to nothing go. */
  settle(): void {
    for (const [id, turn] of this.turns) if (turn.open) this.drop(id);
  }

  /** The conversation so far, in place of what is shown, but for a turn that is not answered yet. */
  past(history: readonly Past[]): void {
    const last = history.at(-1)?.heard;
    for (const [id, turn] of this.turns) if (turn.done || turn.user.dataset["text"] === last) this.drop(id);
    const going = this.log.firstChild;
    history.forEach((past, index) => {
      const turn = this.turn(`past ${index}`);
      this.write(turn, past.heard, past.said, past.interrupted);
      this.log.insertBefore(turn.element, going);
    });
    this.scroll();
  }

  private turn(id: string): Turn {
    const known = this.turns.get(id);
    if (known) return known;
    this.settle(); // the same words, heard again as another turn
    const turn: Turn = {
      element: make("div", "turn"),
      user: make("p", "user"),
      avatar: make("p", "avatar"),
      open: false,
      done: false,
      answer: [],
      heard: 0,
      begun: 0,
    };
    turn.element.append(turn.user, turn.avatar);
    this.log.append(turn.element);
    this.turns.set(id, turn);
    const [oldest] = this.turns.keys();
    if (this.turns.size > KEPT && oldest !== undefined) this.drop(oldest);
    return turn;
  }

  private drop(id: string): void {
    this.turns.get(id)?.element.remove();
    this.turns.delete(id);
  }

  /** A turn that is over. */
  private write(turn: Turn, heard: string, said: string, interrupted: boolean): void {
    Object.assign(turn, { open: false, done: true, answer: [] });
    write(turn.user, words.you, heard);
    write(turn.avatar, words.avatar, said);
    if (interrupted && said) turn.avatar.append(make("span", "cut", ` (${words.interrupted})`));
  }

  private announce(line: string): void {
    this.announcer.textContent = line;
  }

  /** To the end; while the avatar speaks, to the line behind the one that is heard. */
  private scroll(): void {
    const { log } = this;
    const next = log.lastElementChild?.querySelector(".coming")?.getClientRects()[0];
    if (next) log.scrollTop += next.bottom + AHEAD * next.height - log.getBoundingClientRect().bottom;
    else log.scrollTop = log.scrollHeight;
  }
}

/** Who speaks is seen by colour, and read by screen readers. */
function write(line: HTMLElement, who: string, text: string, coming = ""): void {
  line.dataset["text"] = text;
  line.replaceChildren();
  if (text || coming) line.append(make("span", "unseen", `${who}: `), text);
  if (coming) line.append(make("span", "coming", coming));
}

function joined(answer: readonly Word[]): string {
  return answer.map((word) => word.text).join("");
}
