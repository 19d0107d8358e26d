/** The skin of the head: a surface around the mouth, in rings as lips and cheeks lie, that muscles move.
 *
 * Units are decimetres; x to the head's left, y up, z to where it looks, the origin between the ears. Rings are confocal ellipses
 * around the line between the lips: the innermost is that line itself, so upper and lower lip part exactly there. */

import { bell, cast, ellipsoid, join, mirrored, rod, smoothstep, sphere, type Field } from "./field";
import { BLUSH, CAVITY as INSIDE, LIPS, SKIN, blended } from "./palette";
import type { Pose } from "./poses";
import type { Moving } from "./targets";

type Point = [x: number, y: number, z: number];

/** Where rays come from that find the surface; every point of it is seen from there. Also the axis of the jaw. */
const CENTRE: Readonly<Point> = [0, -0.24, -0.08];
/** Half the width of the mouth at rest. */
const HALF = 0.255;
/** From `CENTRE` to the lips, about. */
const RADIUS = 0.93;
/** The direction of the mouth below the horizon. */
const DOWN = 0.43;
const COLUMNS = 144;
const RINGS = 92;
/** Rings inside the mouth, behind the line between the lips: how far back, and how far from the middle. */
const CAVITY: readonly (readonly [back: number, away: number])[] = [
  [0.045, 0.014], [0.085, 0.11], [0.25, 0.16], [0.42, 0.15], [0.48, 0],
];
/** Radians of a wide open jaw. */
const JAW = 0.36;

export const EYE: Readonly<Point> = [0.335, 0.0, 0.535];
export const EYE_RADIUS = 0.235;

const skull: Field = join(
  0.3,
  ellipsoid([0, 0.3, -0.14], [0.79, 0.8, 0.9]),
  ellipsoid([0, -0.3, 0.14], [0.64, 0.78, 0.65]),
);
/** The head without lips. */
export const head: Field = join(
  0.14,
  join(
    0.24, skull,
    sphere([0, -0.9, 0.5], 0.13),
    ellipsoid([0, -0.62, 0.6], [0.27, 0.22, 0.2]),
    mirrored(sphere([0.36, -0.36, 0.46], 0.27)),
  ),
  mirrored(sphere(EYE as Point, EYE_RADIUS * 1.045)),
  rod([0, 0.06, 0.74], [0, -0.3, 0.9], 0.045, 0.1),
  mirrored(sphere([0.075, -0.31, 0.8], 0.07)),
);

/** One point of the skin: where it lies at rest, and where in the mouth's own coordinates. */
interface Spot {
  readonly rest: Point;
  /** 0 on the line between the lips, growing outwards; below 0 inside the mouth. */
  readonly ring: number;
  /** Of the ellipse: cosine towards the head's left, sine upwards. */
  readonly cos: number;
  readonly sin: number;
  /** 0 to 1: how far it belongs to the red of the lips. */
  readonly lip: number;
}

export function face(): Moving {
  const spots: Spot[] = [];
  for (let ring = -CAVITY.length; ring <= RINGS; ring++)
    for (let column = 0; column < COLUMNS; column++) spots.push(spot(ring, (2 * Math.PI * column) / COLUMNS));
  const indices: number[] = [];
  for (let ring = 0; ring < RINGS + CAVITY.length; ring++) {
    for (let column = 0; column < COLUMNS; column++) {
      const a = ring * COLUMNS + column, b = ring * COLUMNS + ((column + 1) % COLUMNS);
      indices.push(a, a + COLUMNS, b, b, a + COLUMNS, b + COLUMNS);
    }
  }
  return {
    points: (pose) => {
      const points = new Float32Array(3 * spots.length);
      spots.forEach((each, n) => points.set(posed(each, pose), 3 * n));
      return points;
    },
    indices,
    colours: new Float32Array(spots.flatMap(complexion)),
  };
}

/** The colour of a point: lips, and a little more blood in cheeks and nose. */
function complexion({ rest: [x, y, z], ring, lip }: Spot): [number, number, number] {
  if (ring < 0) return blended(LIPS, INSIDE, Math.min(-ring / 1.3, 1));
  if (lip > 0) return blended(SKIN, LIPS, 0.8 * lip);
  const cheek = bell(Math.abs(x) - 0.42, 0.19) * bell(y + 0.33, 0.17) * smoothstep(0.2, 0.5, z);
  const nose = bell(x, 0.13) * bell(y + 0.3, 0.12) * smoothstep(0.7, 0.9, z);
  return blended(SKIN, BLUSH, Math.min(0.6 * cheek + 0.4 * nose, 1));
}

/** Height of a lip over the middle line, at `x` of half the mouth's width. */
function lipHeight(x: number, upper: boolean): number {
  const tapering = Math.max(1 - x * x, 0);
  if (!upper) return 0.085 * tapering ** 0.6;
  const bow = 1 - 0.22 * bell(x, 0.16);
  return 0.068 * bow * tapering ** 0.7;
}

function spot(ring: number, angle: number): Spot {
  const outermost = Math.acosh((Math.PI * RADIUS) / HALF);
  const mu = (outermost * Math.max(ring, 0)) / RINGS;
  const cos = Math.cos(angle);
  const sin = Math.abs(Math.sin(angle)) < 1e-9 ? 0 : Math.sin(angle);
  const across = HALF * Math.cosh(mu) * cos, up = HALF * Math.sinh(mu) * sin;
  const near = 1 - smoothstep(0.3, 1.2, mu);
  // At rest the corners lie a little higher than the middle: a face at ease, not a stern one.
  const line = near * (0.035 * Math.min((across / HALF) ** 2, 1.5) - 0.012 * bell(across, 0.06) - 0.01);
  const rest = onSurface(across, up + line);
  const height = lipHeight(across / HALF, sin >= 0);
  const part = height > 1e-4 ? Math.abs(up) / height : mu > 0 ? 9 : 0;
  const fullness = Math.max(1 - across ** 2 / HALF ** 2, 0) ** 0.5;
  const dome = part < 1 ? Math.sin(Math.PI * part ** 0.7) ** 1.4 : 0;
  const crease = Math.max(1 - part / 0.45, 0) ** 2;
  rest[2] += (0.034 * dome + 0.012 * (1 - smoothstep(0.6, 2.2, part))) * fullness - 0.03 * crease * near;
  // The groove between nose and lip, and the hollow under the lower lip.
  if (sin > 0) rest[2] -= 0.014 * bell(across, 0.05) * bell(up - 0.15, 0.06);
  else rest[2] -= 0.028 * bell(across, 0.2) * bell(up + 0.165, 0.06);
  if (ring < 0) {
    const [back, away] = CAVITY[-ring - 1]!;
    rest[1] += away * Math.sign(sin) * Math.abs(sin) ** 0.6;
    rest[2] -= back * (0.55 + 0.45 * Math.abs(sin) ** 0.5);
  }
  return { rest, ring: ring < 0 ? ring : mu, cos, sin, lip: ring < 0 ? 0 : 1 - smoothstep(0.82, 1.12, part) };
}

function onSurface(across: number, up: number): Point {
  const turn = Math.hypot(across, up) / RADIUS || 1e-9;
  const side = (Math.sin(turn) * across) / (turn * RADIUS), rise = (Math.sin(turn) * up) / (turn * RADIUS);
  const front = Math.cos(turn);
  const ray: Point = [
    side,
    rise * Math.cos(DOWN) - front * Math.sin(DOWN),
    front * Math.cos(DOWN) + rise * Math.sin(DOWN),
  ];
  const far = cast(head, CENTRE, ray, 1.6);
  return [CENTRE[0] + ray[0] * far, CENTRE[1] + ray[1] * far, CENTRE[2] + ray[2] * far];
}

/** Where the muscles of a pose take a point of the skin. */
function posed({ rest: [x, y, z], ring, cos, sin, lip }: Spot, pose: Pose): Point {
  const mu = Math.max(ring, 0);
  const fall = ring < 0 ? 1 + ring / CAVITY.length : 1 - smoothstep(0, 1.15, mu); // nothing moves where the cavity ends
  const side = Math.abs(cos), above = Math.max(sin, 0), below = Math.max(-sin, 0);
  const corner = side ** 5 * (1 - smoothstep(0, 1.1, mu));
  const inner = ring < 0 ? fall : lip;

  x *= 1 + (pose.wide > 0 ? 0.26 : 0.5) * pose.wide * fall;
  z += (0.13 * pose.out - 0.05 * Math.max(pose.wide, 0) * side) * fall;
  y += above ** 0.7 * fall * (0.075 * pose.upper) - below ** 0.7 * fall * (0.08 * pose.lower);
  // Lips that are pushed forward turn outwards as well.
  y += 0.03 * pose.out * inner * (above - below) * (ring < 0 ? 0 : 1);
  x += Math.sign(cos) * corner * 0.06 * pose.smile;
  y += corner * 0.075 * pose.smile;
  z -= corner * 0.012 * Math.max(pose.smile, 0);
  z -= 0.055 * pose.press * inner * (1 - side ** 4);
  y -= 0.022 * pose.press * inner * (above ** 0.5 - below ** 0.5);
  z -= below ** 0.5 * inner * 0.045 * pose.bite;
  y += below ** 0.5 * fall * (0.055 * inner + 0.01) * pose.bite;
  const cheek = bell(Math.abs(x) - 0.4, 0.2) * bell(y + 0.36, 0.2) * smoothstep(0.3, 0.5, z);
  z += 0.055 * cheek * pose.cheeks;
  y += 0.05 * cheek * pose.cheeks;
  return jawTurned([x, y, z], ring < 0 ? cavityShare(ring, sin) : jawShare(mu, sin, z), pose.jaw);
}

/** Turns a point about the axis of the jaw. */
export function jawTurned([x, y, z]: Point, share: number, open: number): Point {
  const angle = JAW * open * share;
  const dy = y - CENTRE[1], dz = z - CENTRE[2];
  return [x, CENTRE[1] + dy * Math.cos(angle) - dz * Math.sin(angle), CENTRE[2] + dz * Math.cos(angle) + dy * Math.sin(angle)];
}

/** How far a point inside the mouth goes with the jaw: roof and floor meet at the back. */
function cavityShare(ring: number, sin: number): number {
  const back = smoothstep(-3, -CAVITY.length, ring);
  return jawShare(0, sin, 1) * (1 - back) + 0.5 * back;
}

/** Where the tongue's muscles take a point of it. */
export function tongueMoved([x, y, z]: Point, pose: Pose): Point {
  const front = smoothstep(0.5, 0.74, z);
  return [x, y + front * (0.12 * pose.tip + 0.05 * pose.tongue), z + 0.17 * pose.tongue * smoothstep(0.35, 0.7, z)];
}

/** How far a point goes with the jaw: all of the lower lip and chin, half of the corners, nothing of the upper lip and throat. */
function jawShare(mu: number, sin: number, z: number): number {
  const corner = 0.42 * (1 - 0.75 * smoothstep(0.2, 1.4, mu));
  const share = sin < 0 ? corner + (1 - corner) * (-sin) ** 1.15 : corner * (1 - sin ** 1.15) * (1 - smoothstep(0, 1.2, mu));
  return share * (1 - smoothstep(1.5, 2.3, mu)) * smoothstep(-0.35, 0.25, z);
}
