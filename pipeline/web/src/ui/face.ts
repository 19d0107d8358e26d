/** The stage: the avatar's canvas, another face dropped on the page, and the headset. */

import type { Avatar, Theme, XrKind } from "../avatar/contract";
import type { Talk } from "../talk";
import { element } from "./elements";
import type { Notices } from "./notices";
import { words } from "./strings";

export class Face {
  private readonly canvas = element<HTMLCanvasElement>("stage");
  private avatar: Avatar | null = null;

  constructor(
    private readonly talk: Talk,
    private readonly notices: Notices,
  ) {
    new ResizeObserver(() => this.avatar?.resize()).observe(this.canvas);
    this.takeDrops();
  }

  /** Draws the avatar. It comes in a chunk of its own: one can talk before there is a face. */
  async load(theme: Theme): Promise<void> {
    const { createAvatar } = await import("../avatar/index");
    try {
      this.avatar = this.talk.avatar = createAvatar(this.canvas, { clock: () => this.talk.heard(), theme });
    } catch {
      this.notices.show("face", words.noFace);
      return;
    }
    this.avatar.state(this.talk.state);
    await this.offerXr();
  }

  set theme(theme: Theme) {
    this.avatar?.theme(theme);
  }

  caption(speaker: "user" | "avatar", text: string, coming: string): void {
    this.avatar?.caption(speaker, text, coming);
  }

  async wear(file: File): Promise<void> {
    this.notices.clear("vrm");
    if (!file.name.toLowerCase().endsWith(".vrm")) return this.notices.show("vrm", words.notVrm);
    try {
      await this.avatar?.loadVrm(await file.arrayBuffer());
    } catch (error) {
      this.notices.show("vrm", (error as Error).message);
    }
  }

  private takeDrops(): void {
    const veil = element("drop");
    const files = (event: DragEvent) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      veil.hidden = false;
    });
    addEventListener("dragleave", ({ relatedTarget }) => {
      if (!relatedTarget) veil.hidden = true; // out of the window
    });
    addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      veil.hidden = true;
      const file = event.dataTransfer?.files[0];
      if (file) void this.wear(file);
    });
  }

  private async offerXr(): Promise<void> {
    const { xr } = navigator;
    if (!xr) return;
    await this.offer(xr, element<HTMLButtonElement>("vr"), "immersive-vr");
    await this.offer(xr, element<HTMLButtonElement>("ar"), "immersive-ar");
  }

  private async offer(xr: XRSystem, button: HTMLButtonElement, kind: XrKind): Promise<void> {
    button.hidden = !(await xr.isSessionSupported(kind));
    button.onclick = () => void this.enter(kind);
  }

  private async enter(kind: XrKind): Promise<void> {
    const { avatar, talk } = this;
    const { speaker } = talk;
    if (!avatar || !speaker) return;
    try {
      await avatar.enterXR(kind, {
        press: () => void talk.press(),
        release: () => talk.release(),
        point: (target, position) => talk.point(target, position),
        scene: (place, things) => talk.scene(place, things),
        audio: speaker.context,
        through: (node) => speaker.through(node),
        ended: () => speaker.through(null),
      });
    } catch (error) {
      this.notices.show("xr", (error as Error).message);
    }
  }
}
