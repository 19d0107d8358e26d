/** Hair, ears, neck, cloak and hand: what does not change its form. Units as in face.ts. */

import { BufferAttribute, BufferGeometry, Color } from "three";

import { bell, common, cut, ellipsoid, join, mirrored, rod, smoothstep, sphere, type Field } from "./field";
import { net } from "./net";
import { CLOAK, COLLAR, SKIN, blended } from "./palette";

/** Short hair, swept over from a parting on the head's right, as one sculpted form. */
export function hair(): BufferGeometry {
  const cap = join(0.15, ellipsoid([0, 0.36, -0.2], [0.89, 0.88, 0.95]), ellipsoid([0, -0.1, -0.5], [0.74, 0.6, 0.52]));
  const brow = ellipsoid([0, -0.22, 0.95], [0.66, 0.82, 0.85]);
  const ears = mirrored(ellipsoid([0.84, -0.42, 0.1], [0.3, 0.48, 0.34]));
  const nape: Field = (_x, y) => -0.5 - y;
  const trimmed = cut(0.06, cut(0.08, common(0.1, cap, nape), brow), ears);
  const sweep = join(
    0.1,
    rod([-0.3, 0.98, 0.5], [0.3, 0.86, 0.66], 0.2, 0.19),
    rod([0.2, 0.92, 0.6], [0.68, 0.52, 0.5], 0.2, 0.12),
    rod([-0.34, 0.96, 0.46], [-0.7, 0.5, 0.42], 0.16, 0.1),
    rod([-0.1, 1.08, 0.2], [0.5, 0.9, 0.2], 0.26, 0.24),
    rod([0.68, 0.5, 0.46], [0.78, 0.1, 0.28], 0.12, 0.05),
    rod([-0.7, 0.48, 0.4], [-0.79, 0.1, 0.26], 0.1, 0.05),
  );
  const whole = join(0.14, trimmed, sweep);
  // Grooves run away from the parting, as strands lie.
  const combed: Field = (x, y, z) => {
    const gap = whole(x, y, z);
    if (gap > 0.1 || gap < -0.1) return gap;
    const turn = Math.atan2(z - 0.35 + 0.25 * (1 - y), x + 0.34);
    return gap + 0.011 * Math.sin(22 * turn + 3 * y) * smoothstep(0.05, 0.4, Math.hypot(x + 0.34, z - 0.35));
  };
  return net(combed, [-1.05, -0.75, -1.3], [1.05, 1.4, 1.05], 0.042);
}

export function ears(): BufferGeometry[] {
  const shell = ellipsoid([0.8, -0.1, -0.1], [0.085, 0.24, 0.15]);
  const leaning: Field = (x, y, z) => shell(x - 0.25 * (-0.1 - z) * 0.6, y, z + 0.12 * (y + 0.1));
  const ear = join(0.04, cut(0.05, leaning, ellipsoid([0.905, -0.07, -0.05], [0.085, 0.15, 0.085])), sphere([0.785, -0.27, -0.04], 0.06));
  const left = net(ear, [0.6, -0.45, -0.4], [1.0, 0.25, 0.2], 0.028);
  const right = left.clone().scale(-1, 1, 1);
  const turned = right.getIndex()!;
  for (let n = 0; n < turned.count; n += 3) {
    const second = turned.getX(n + 1);
    turned.setX(n + 1, turned.getX(n + 2));
    turned.setX(n + 2, second);
  }
  return [left, right];
}

/** Height, half widths across and front to back, and how far back the middle lies: a cloak from the collar to the floor. */
const CUTS: readonly (readonly [y: number, across: number, deep: number, back: number])[] = [
  [-1.36, 0.4, 0.38, -0.16], [-1.3, 0.47, 0.45, -0.15], [-1.31, 0.55, 0.52, -0.14], [-1.4, 0.59, 0.56, -0.14],
  [-1.5, 0.58, 0.55, -0.16], [-1.58, 0.66, 0.56, -0.18], [-1.72, 0.9, 0.62, -0.22], [-1.9, 1.22, 0.7, -0.24],
  [-2.15, 1.5, 0.78, -0.24], [-2.5, 1.62, 0.86, -0.22], [-3.2, 1.68, 0.98, -0.18], [-4.6, 1.7, 1.1, -0.14],
  [-7, 1.95, 1.4, -0.12], [-11, 2.4, 2.0, -0.1], [-15, 2.9, 2.6, -0.1],
];
/** The floor, in the head's units. */
export const FLOOR = CUTS.at(-1)![0];

export function cloak(): BufferGeometry {
  const columns = 72;
  const positions: number[] = [], colours: number[] = [], indices: number[] = [];
  const rows = 56;
  for (let row = 0; row <= rows; row++) {
    const [y, across, deep, back] = between(CUTS, (row / rows) * (CUTS.length - 1));
    const knit = 1 - smoothstep(-1.5, -1.56, y);
    for (let column = 0; column < columns; column++) {
      const angle = (2 * Math.PI * column) / columns, cos = Math.cos(angle), sin = Math.sin(angle);
      // Folds grow towards the hem.
      const fold = 1 + 0.035 * smoothstep(-2.6, -8, y) * Math.sin(9 * angle);
      positions.push(across * fold * squarer(cos), y, back + deep * fold * squarer(sin));
      colours.push(...blended(CLOAK, COLLAR, knit));
      if (row === rows) continue;
      const a = row * columns + column, b = row * columns + ((column + 1) % columns);
      indices.push(a, b, a + columns, b, b + columns, a + columns);
    }
  }
  return formed(positions, colours, indices);
}

/** A sine or cosine of the superellipse that lies between an ellipse and its box. */
function squarer(wave: number): number {
  return Math.sign(wave) * Math.abs(wave) ** 0.86;
}

/** Smooth values between the rows of a table (Catmull-Rom). */
function between(table: typeof CUTS, place: number): [number, number, number, number] {
  const n = Math.min(Math.floor(place), table.length - 2), t = place - n;
  const at = (row: number, part: number): number => table[Math.min(Math.max(row, 0), table.length - 1)]![part]!;
  return [0, 1, 2, 3].map((part) => {
    const [a, b, c, d] = [at(n - 1, part), at(n, part), at(n + 1, part), at(n + 2, part)] as const;
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }) as [number, number, number, number];
}

/** Darker under the jaw, where little light comes. */
export function neck(): BufferGeometry {
  const form = net(rod([0, -0.5, -0.14], [0, -1.75, -0.2], 0.37, 0.42), [-0.5, -1.9, -0.7], [0.5, -0.4, 0.4], 0.05);
  const heights = form.getAttribute("position");
  const shade = SKIN.clone().multiply(new Color("#b98a80"));
  const colours: number[] = [];
  for (let n = 0; n < heights.count; n++) colours.push(...blended(SKIN, shade, bell(heights.getY(n) + 0.85, 0.4)));
  form.setAttribute("color", new BufferAttribute(new Float32Array(colours), 3));
  return form;
}

/** A hand with its palm to the front and the thumb to the head's right, the wrist at the origin. */
export function hand(): BufferGeometry {
  const palm = ellipsoid([0, 0.42, 0], [0.27, 0.36, 0.12]);
  const finger = (x: number): Field => rod([x, 0.5, 0], [1.2 * x, 0.93 - 2.2 * x * x, 0.02], 0.075, 0.062);
  const fingers = join(0.03, ...[-0.165, -0.055, 0.055, 0.165].map(finger));
  const thumb = rod([-0.16, 0.3, 0.03], [-0.38, 0.58, 0.07], 0.085, 0.068);
  const wrist = rod([0, -0.3, 0], [0, 0.2, 0], 0.15);
  return net(join(0.07, palm, fingers, thumb, wrist), [-0.6, -0.5, -0.3], [0.45, 1.1, 0.3], 0.034);
}

function formed(positions: number[], colours: number[], indices: number[]): BufferGeometry {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(positions), 3));
  geometry.setAttribute("color", new BufferAttribute(new Float32Array(colours), 3));
  geometry.setIndex(indices);
  geometry.computeVertexNormals();
  return geometry;
}
