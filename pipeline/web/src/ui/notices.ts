/** Lines at the top of the page: what is wrong, and what to do. One a subject. */

import { make } from "./elements";
import { words } from "./strings";

export interface Deed {
  name: string;
  do: () => void;
}

/** Milliseconds after which good news goes by itself. */
const BRIEF = 3_000;

export class Notices {
  private readonly shown = new Map<string, HTMLElement>();

  constructor(private readonly place: HTMLElement) {}

  /** Says something about a subject, in place of what was said of it before. */
  show(subject: string, text: string, deed?: Deed): void {
    if (this.shown.get(subject)?.firstChild?.textContent === text) return; // nor is it read aloud again
    this.clear(subject);
    const notice = make("div", "notice");
    notice.append(make("p", "", text));
    if (deed) {
      const button = make("button", "", deed.name);
      button.type = "button";
      button.onclick = deed.do;
      notice.append(button);
    }
    const close = make("button", "icon", "×");
    close.type = "button";
    close.setAttribute("aria-label", words.close);
    close.onclick = () => this.clear(subject);
    notice.append(close);
    this.shown.set(subject, notice);
    this.place.append(notice);
  }

  /** Good news: it goes by itself. */
  brief(subject: string, text: string): void {
    this.show(subject, text);
    const notice = this.shown.get(subject);
    setTimeout(() => {
      if (this.shown.get(subject) === notice) this.clear(subject);
    }, BRIEF);
  }

  /** True where there was something to clear. */
  clear(subject: string): boolean {
    this.shown.get(subject)?.remove();
    return this.shown.delete(subject);
  }
}
