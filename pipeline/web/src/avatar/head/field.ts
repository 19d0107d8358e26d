/** Signed distance fields: soft forms as functions of space. Distances are bounds, not exact: steps along a ray are shortened. */

/** Distance from a point to a surface, negative inside. */
export type Field = (x: number, y: number, z: number) => number;

type Point = readonly [x: number, y: number, z: number];

export function ellipsoid([cx, cy, cz]: Point, [rx, ry, rz]: Point): Field {
  return (x, y, z) => {
    const u = (x - cx) / rx, v = (y - cy) / ry, w = (z - cz) / rz;
    const inside = Math.sqrt(u * u + v * v + w * w);
    const slope = Math.sqrt((u / rx) ** 2 + (v / ry) ** 2 + (w / rz) ** 2);
    return slope === 0 ? -Math.min(rx, ry, rz) : (inside * (inside - 1)) / slope;
  };
}

export function sphere(centre: Point, radius: number): Field {
  const [cx, cy, cz] = centre;
  return (x, y, z) => Math.sqrt((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) - radius;
}

/** A rod from `a` to `b` with round ends, whose thickness may change on the way. */
export function rod(a: Point, b: Point, thick: number, thin: number = thick): Field {
  const dx = b[0] - a[0], dy = b[1] - a[1], dz = b[2] - a[2];
  const square = dx * dx + dy * dy + dz * dz;
  return (x, y, z) => {
    const px = x - a[0], py = y - a[1], pz = z - a[2];
    const t = Math.min(Math.max((px * dx + py * dy + pz * dz) / square, 0), 1);
    return Math.sqrt((px - t * dx) ** 2 + (py - t * dy) ** 2 + (pz - t * dz) ** 2) - (thick + t * (thin - thick));
  };
}

/** Both forms, melted together where they are nearer than `soft` (polynomial smooth minimum). */
export function join(soft: number, ...fields: readonly Field[]): Field {
  return (x, y, z) => {
    let near = Infinity;
    for (const field of fields) near = least(near, field(x, y, z), soft);
    return near;
  };
}

/** The first form without the second. */
export function cut(soft: number, form: Field, away: Field): Field {
  return (x, y, z) => -least(-form(x, y, z), away(x, y, z), soft);
}

/** What both forms share. */
export function common(soft: number, ...fields: readonly Field[]): Field {
  return (x, y, z) => {
    let far = Infinity;
    for (const field of fields) far = least(far, -field(x, y, z), soft);
    return -far;
  };
}

/** The form and its mirror image in x. */
export function mirrored(field: Field): Field {
  return (x, y, z) => field(Math.abs(x), y, z);
}

function least(a: number, b: number, soft: number): number {
  if (a === Infinity) return b;
  const near = Math.max(soft - Math.abs(a - b), 0);
  return Math.min(a, b) - (soft > 0 ? (near * near) / (4 * soft) : 0);
}

/** How far the surface lies from `from` along a direction of length 1, seen from `reach` inwards. */
export function cast(field: Field, from: Point, [dx, dy, dz]: Point, reach: number): number {
  let far = reach;
  for (let step = 0; step < 48 && far > 0; step++) {
    const gap = field(from[0] + dx * far, from[1] + dy * far, from[2] + dz * far);
    if (Math.abs(gap) < 2e-4) break;
    far -= 0.85 * gap;
  }
  return Math.max(far, 0);
}

/** From 0 below `low` to 1 above `high`, level at both ends. Either may be the larger. */
export function smoothstep(low: number, high: number, x: number): number {
  const t = Math.min(Math.max((x - low) / (high - low), 0), 1);
  return t * t * (3 - 2 * t);
}

/** A bell around 0: 1 there, 0.37 at `width`. */
export function bell(x: number, width: number): number {
  return Math.exp(-((x / width) ** 2));
}
