/** Teeth and tongue: hidden behind the lips at rest, seen where they part. */

import { jawTurned, tongueMoved } from "./face";
import { CAVITY, TEETH, TONGUE, blended } from "./palette";
import type { Pose } from "./poses";
import type { Moving } from "./targets";

type Point = [x: number, y: number, z: number];

const ALONG = 24, AROUND = 10;

/** One row of teeth, as a smooth band: a rounded profile led along the arch of the jaw. */
function arch(middle: number, height: number): Point[] {
  const points: Point[] = [];
  for (let i = 0; i <= ALONG; i++) {
    const angle = 1.25 * (2 * (i / ALONG) - 1);
    for (let j = 0; j < AROUND; j++) {
      const turn = (2 * Math.PI * j) / AROUND;
      const out = 0.028 * Math.cos(turn);
      points.push([(0.185 + out) * Math.sin(angle), middle + (height / 2) * Math.sin(turn), 0.585 + (0.2 + out) * Math.cos(angle)]);
    }
  }
  return points;
}

function tongue(): Point[] {
  const points: Point[] = [];
  for (let i = 0; i <= ALONG; i++) {
    const angle = Math.PI * (i / ALONG);
    for (let j = 0; j < AROUND; j++) {
      const turn = (2 * Math.PI * j) / AROUND;
      const thick = Math.sin(angle) ** 0.6;
      points.push([0.135 * thick * Math.cos(turn), -0.765 + 0.05 * thick * Math.sin(turn), 0.53 - 0.21 * Math.cos(angle)]);
    }
  }
  return points;
}

function tube(offset: number): number[] {
  const indices: number[] = [];
  for (let i = 0; i < ALONG; i++) {
    for (let j = 0; j < AROUND; j++) {
      const a = offset + i * AROUND + j, b = offset + i * AROUND + ((j + 1) % AROUND);
      indices.push(a, b, a + AROUND, b, b + AROUND, a + AROUND);
    }
  }
  return indices;
}

export function mouthparts(): Moving {
  const upper = arch(-0.62, 0.1), lower = arch(-0.74, 0.08), lick = tongue();
  const size = upper.length;
  const colours = [
    ...[...upper, ...lower].flatMap(([x, , z]) => blended(CAVITY, TEETH, Math.min(Math.max((z - 0.62) / 0.13, 0), 1) * (1 - 2 * x * x))),
    ...lick.flatMap(([, , z]) => blended(CAVITY, TONGUE, Math.min(Math.max((z - 0.36) / 0.25, 0), 1))),
  ];
  return {
    points: (pose: Pose) =>
      new Float32Array([
        ...upper.flat(),
        ...lower.flatMap((point) => jawTurned(point, 1, pose.jaw)),
        ...lick.flatMap((point) => jawTurned(tongueMoved(point, pose), 1, pose.jaw)),
      ]),
    indices: [...tube(0), ...tube(size), ...tube(2 * size)],
    colours: new Float32Array(colours),
  };
}
