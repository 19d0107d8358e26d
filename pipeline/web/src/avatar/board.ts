/** Captions on a board in space: what was said last, by whom. */

import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from "three";

const WIDTH = 1024, HEIGHT = 288;
const LINE = 64, LINES = 4;
/** Metres. */
const ACROSS = 0.72;
const FONT = "500 46px system-ui, sans-serif";

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

  write(speaker: "user" | "avatar", text: string): void {
    if (this.shown === speaker + text) return;
    this.shown = speaker + text;
    this.mesh.visible = text !== "";
    const pen = this.canvas.getContext("2d")!;
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    pen.font = FONT;
    const lines = wrapped(text, (words) => pen.measureText(words).width <= WIDTH - 96).slice(-LINES);
    const height = lines.length * LINE + 32;
    pen.fillStyle = "rgba(16, 18, 24, 0.78)";
    pen.beginPath();
    pen.roundRect(0, 0, WIDTH, height, 36);
    pen.fill();
    pen.fillStyle = speaker === "avatar" ? "#ffffff" : "#a9d8d2";
    pen.textBaseline = "middle";
    pen.textAlign = "center";
    lines.forEach((line, n) => pen.fillText(line, WIDTH / 2, 16 + LINE * (n + 0.5)));
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
