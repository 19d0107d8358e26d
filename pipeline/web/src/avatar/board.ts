/** Captions on a board in space: what was said last, by whom, and dimmed what is about to be said. */

import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from "three";

const WIDTH = 1024, HEIGHT = 288;
const LINE = 64, LINES = 4;
/** Metres. */
const ACROSS = 0.72;
/** Opacity of words to come. */
const DIM = 0.55;
const FONT = "500 46px system-ui, sans-serif";

/** What was said of a line, and what is to come. */
type Line = readonly [said: string, coming: string];

export class Board {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  private readonly canvas = document.createElement("canvas");
  private readonly texture = new CanvasTexture(this.canvas);
  private shown = "";

  constructor() {
    this.canvas.width = WIDTH;
    this.canvas.height = HEIGHT;
    this.texture.colorSpace = SRGBColorSpace;
    const material = new MeshBasicMaterial({ map: this.texture, transparent: true, toneMapped: false, depthWrite: false });
    this.mesh = new Mesh(new PlaneGeometry(ACROSS, (ACROSS * HEIGHT) / WIDTH), material);
    this.mesh.visible = false;
    this.mesh.renderOrder = 2;
  }

  write(speaker: "user" | "avatar", text: string, coming: string): void {
    const all = [speaker, text, coming].join("\n");
    if (this.shown === all) return;
    this.shown = all;
    this.mesh.visible = Boolean(text || coming);
    const pen = this.canvas.getContext("2d")!;
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    pen.font = FONT;
    const across = (words: string) => pen.measureText(words).width;
    const lines = roomFor(parted(wrapped(text + coming, (words) => across(words) <= WIDTH - 96), text));
    const height = lines.length * LINE + 32;
    pen.fillStyle = "rgba(16, 18, 24, 0.78)";
    pen.beginPath();
    pen.roundRect(0, 0, WIDTH, height, 36);
    pen.fill();
    pen.fillStyle = speaker === "avatar" ? "#ffffff" : "#a9d8d2";
    pen.textBaseline = "middle";
    lines.forEach(([said, rest], n) => {
      const left = (WIDTH - across(said + rest)) / 2, middle = 16 + LINE * (n + 0.5);
      pen.globalAlpha = 1;
      pen.fillText(said, left, middle);
      pen.globalAlpha = DIM;
      pen.fillText(rest, left + across(said), middle);
    });
    pen.globalAlpha = 1;
    this.texture.needsUpdate = true;
  }

  dispose(): void {
    this.texture.dispose();
    this.mesh.material.dispose();
    this.mesh.geometry.dispose();
  }
}

/** Lines that fit, broken between words, or anywhere in writing that has no spaces. */
export function wrapped(text: string, fits: (line: string) => boolean): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+\s*/gu) ?? []) {
    if (line && !fits((line + piece).trimEnd())) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
    while (!fits(line.trimEnd()) && line.length > 1) {
      const part = [...line].length >> 1;
      lines.push([...line].slice(0, part).join(""));
      line = [...line].slice(part).join("");
    }
  }
  return line ? [...lines, line.trimEnd()] : lines;
}

/** The lines of a text, of which `said` is the beginning. */
export function parted(lines: readonly string[], said: string): Line[] {
  let left = said.replace(/\s/gu, "").length;
  return lines.map((line) => {
    let cut = 0;
    for (; left > 0 && cut < line.length; cut++) if (/\S/u.test(line.charAt(cut))) left--;
    return [line.slice(0, cut), line.slice(cut)];
  });
}

/** As many lines as there is room for: the last ones, or those up to the line behind the one that is being said. */
export function roomFor(lines: readonly Line[]): readonly Line[] {
  const next = lines.findIndex(([, coming]) => coming);
  const end = next < 0 ? lines.length : Math.min(lines.length, Math.max(next + 2, LINES));
  return lines.slice(Math.max(0, end - LINES), end);
}
