/** The avatar on its canvas: a figure, what moves it, and the stage it stands on. */

import { Animator } from "./animator";
import type { Avatar, AvatarOptions, CreateAvatar, Expression, Gesture, State, Theme, Viseme, XrHost, XrKind } from "./contract";
import { Head } from "./head";
import type { Figure } from "./look";
import { Stage } from "./stage";
import type { Immersion } from "./xr";

export const createAvatar: CreateAvatar = (canvas, options) => new OnCanvas(canvas, options);

class OnCanvas implements Avatar {
  private readonly stage: Stage;
  private readonly animator = new Animator(Math.random);
  private figure: Figure = new Head();
  private immersion: Immersion | null = null;
  private last = 0;

  constructor(canvas: HTMLCanvasElement, private readonly options: AvatarOptions) {
    this.stage = new Stage(canvas, options.theme);
    this.stage.scene.add(this.figure.root);
    this.stage.frame(this.figure.eyes);
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.animator.calm = calm.matches;
    calm.addEventListener("change", () => (this.animator.calm = calm.matches));
    // The browser asks for no frames of a page that is hidden.
    this.stage.renderer.setAnimationLoop((time) => this.draw(time / 1000));
  }

  state(state: State): void {
    this.animator.become(state);
  }

  visemes(turn: string, visemes: readonly Viseme[]): void {
    this.animator.visemes(turn, visemes);
  }

  expression(turn: string, expression: Expression): void {
    this.animator.expression(turn, expression);
  }

  gesture(turn: string, gesture: Gesture): void {
    this.animator.gesture(turn, gesture);
  }

  flush(): void {
    this.animator.flush();
  }

  forget(turn: string): void {
    this.animator.forget(turn);
  }

  caption(speaker: "user" | "avatar", text: string, coming: string): void {
    this.immersion?.caption(speaker, text, coming);
  }

  async loadVrm(file: ArrayBuffer): Promise<void> {
    const { loadVrm } = await import("./vrm");
    const figure = await loadVrm(file);
    this.stage.scene.remove(this.figure.root);
    this.figure.dispose();
    this.figure = figure;
    this.stage.scene.add(figure.root);
    if (this.immersion) this.immersion.place(figure);
    else this.stage.frame(figure.eyes);
  }

  resize(): void {
    this.stage.resize();
  }

  theme(theme: Theme): void {
    this.stage.theme(theme);
  }

  async enterXR(kind: XrKind, host: XrHost): Promise<void> {
    // Asked for before anything is loaded: the browser wants it in the handler of a click.
    const session = await navigator.xr!.requestSession(kind, {
      requiredFeatures: ["local-floor"],
      optionalFeatures: ["hand-tracking"],
    });
    const { Immersion } = await import("./xr");
    const immersion = new Immersion(this.stage, session, kind, host, () => {
      this.immersion = null;
      this.stage.frame(this.figure.eyes);
    });
    this.immersion = immersion;
    await immersion.begin(this.figure).catch(async (error: unknown) => {
      await session.end();
      throw error;
    });
  }

  leaveXR(): void {
    this.immersion?.leave();
  }

  private draw(now: number): void {
    const user = this.immersion?.follow(this.figure);
    const look = this.animator.look(now, this.options.clock(), user);
    this.figure.wear(look, Math.min(now - this.last, 0.1));
    this.last = now;
    this.stage.render();
  }
}
