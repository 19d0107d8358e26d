/** Morph targets: a form worked out once for every pose, so that the graphics processor only blends. */

import { BufferAttribute, BufferGeometry } from "three";

import type { Look } from "../look";
import { VISEMES } from "../mouth";
import { LOOK_POSES, VISEME_POSES, type LookPose, type Pose } from "./poses";

const SPOKEN = VISEMES.filter((name) => name !== "sil");
const LOOKS = Object.keys(LOOK_POSES) as LookPose[];
/** In the order of the influences. */
const POSES: readonly Pose[] = [...SPOKEN.map((name) => VISEME_POSES[name]), ...LOOKS.map((name) => LOOK_POSES[name])];

/** A form that muscles move: its points in a pose (three numbers each), its triangles, and a colour for each point. */
export interface Moving {
  points(pose: Pose): Float32Array;
  readonly indices: number[];
  readonly colours: Float32Array;
}

export function baked(form: Moving): BufferGeometry {
  const geometry = new BufferGeometry();
  geometry.setIndex(form.indices);
  geometry.setAttribute("position", new BufferAttribute(form.points(VISEME_POSES.sil), 3));
  geometry.setAttribute("color", new BufferAttribute(form.colours, 3));
  geometry.computeVertexNormals();
  const other = new BufferGeometry();
  other.setIndex(form.indices);
  const moves: BufferAttribute[] = [], turns: BufferAttribute[] = [];
  for (const pose of POSES) {
    other.setAttribute("position", new BufferAttribute(form.points(pose), 3));
    other.computeVertexNormals();
    moves.push(difference(other, geometry, "position"));
    turns.push(difference(other, geometry, "normal"));
  }
  geometry.morphAttributes = { position: moves, normal: turns };
  geometry.morphTargetsRelative = true;
  return geometry;
}

function difference(to: BufferGeometry, from: BufferGeometry, name: "position" | "normal"): BufferAttribute {
  const there = to.getAttribute(name).array, here = from.getAttribute(name).array;
  const between = new Float32Array(there.length);
  for (let n = 0; n < there.length; n++) between[n] = there[n]! - here[n]!;
  return new BufferAttribute(between, 3);
}

/** How much of each target a look wants; looks give way to the mouth where it speaks, and most where lips meet. */
export function influences({ mouth, emotions: { happy, sad, angry, surprised, relaxed } }: Look): number[] {
  const room = 1 - 0.8 * mouth.PP - 0.6 * mouth.FF;
  const still = room * (0.45 + 0.55 * mouth.sil);
  const looks: Record<LookPose, number> = {
    smile: still * Math.min(happy + 0.45 * relaxed, 1),
    frown: still * sad,
    tense: still * angry,
    gasp: mouth.sil * surprised,
    cheeks: 0.6 * happy,
  };
  return [...SPOKEN.map((name) => mouth[name]), ...LOOKS.map((name) => looks[name])];
}
