/** Eyebrows: soft strokes on the skin, that are drawn anew where they move. */

import { BufferAttribute, BufferGeometry } from "three";

import { head } from "./face";
import { cast } from "./field";
import type { Look } from "../look";

const ALONG = 24, AROUND = 8;
export class Brows {
  readonly geometry = new BufferGeometry();
  private readonly positions = new Float32Array(2 * (ALONG + 1) * AROUND * 3);
  private shown = [NaN, NaN, NaN];

  constructor() {
    const indices: number[] = [];
    for (const side of [0, 1]) {
      for (let i = 0; i < ALONG; i++) {
        for (let j = 0; j < AROUND; j++) {
          const a = (side * (ALONG + 1) + i) * AROUND + j, b = (side * (ALONG + 1) + i) * AROUND + ((j + 1) % AROUND);
          if (side) indices.push(a, b, a + AROUND, b, b + AROUND, a + AROUND);
          else indices.push(a, a + AROUND, b, b, a + AROUND, b + AROUND);
        }
      }
    }
    this.geometry.setIndex(indices);
    this.geometry.setAttribute("position", new BufferAttribute(this.positions, 3));
  }

  wear({ emotions: { happy, sad, angry, surprised }, brows }: Look): void {
    const inner = 0.075 * sad - 0.075 * angry + 0.1 * surprised + 0.05 * brows + 0.01 * happy;
    const outer = -0.03 * sad + 0.005 * angry + 0.085 * surprised + 0.055 * brows + 0.02 * happy;
    const together = 0.045 * angry + 0.02 * sad;
    const wanted = [inner, outer, together];
    if (wanted.every((value, n) => Math.abs(value - this.shown[n]!) < 1e-3)) return;
    this.shown = wanted;
    let n = 0;
    for (const side of [1, -1]) {
      for (let i = 0; i <= ALONG; i++) {
        const place = i / ALONG;
        const [x, y, half] = along(place);
        const up = y + inner * (1 - place) + outer * place;
        const middle = x - together * (1 - place);
        const front = cast(head, [middle, up, 0], [0, 0, 1], 1.3);
        for (let j = 0; j < AROUND; j++) {
          const turn = (2 * Math.PI * j) / AROUND;
          this.positions[n++] = side * middle;
          this.positions[n++] = up + half * Math.sin(turn);
          this.positions[n++] = front + 0.004 + 0.022 * Math.cos(turn) * (half / 0.04);
        }
      }
    }
    this.geometry.getAttribute("position").needsUpdate = true;
    this.geometry.computeVertexNormals();
  }
}

/** Where a brow lies at rest, from the nose at 0 outwards to 1: x, y, and half its height. */
function along(place: number): [number, number, number] {
  const arch = Math.sin(Math.PI * (0.08 + 0.78 * place));
  return [0.115 + 0.5 * place, 0.262 + 0.095 * arch, 0.004 + 0.033 * Math.max(Math.sin(Math.PI * place ** 0.6), 0) ** 0.6];
}
