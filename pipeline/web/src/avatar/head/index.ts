/** The built-in figure: a head of our own, made of formulae when the page opens. */

import {
  BufferGeometry, Float32BufferAttribute, Group, Mesh, MeshStandardMaterial, Object3D, SphereGeometry, Vector3, type Material,
} from "three";

import type { Figure, Look } from "../look";
import { Brows } from "./brows";
import { EYE, EYE_RADIUS, face } from "./face";
import { FLOOR, cloak, ears, hair, hand, neck } from "./forms";
import { eyeMaterial, eyes, plainSkin, skinMaterial } from "./lids";
import { mouthparts } from "./mouthparts";
import { HAIR } from "./palette";
import { baked, influences } from "./targets";

/** Metres in a unit of the head's own. */
const UNIT = 0.1;
/** Where the head turns on the neck. */
const NECK = -0.62;

export class Head implements Figure {
  readonly root = new Group();
  readonly lips = new Object3D();
  readonly eyes = new Vector3(0, (EYE[1] - FLOOR) * UNIT, (EYE[2] + EYE_RADIUS) * UNIT);
  private readonly body = new Group();
  private readonly skull = new Group();
  private readonly hand = new Group();
  private readonly own = eyes();
  private readonly brows = new Brows();
  private readonly moving: Mesh[] = [];
  private readonly cloak: Mesh;

  constructor() {
    const skin = skinMaterial(this.own), plain = plainSkin();
    const solid = new MeshStandardMaterial({ vertexColors: true, roughness: 0.85 });
    const dark = new MeshStandardMaterial({ color: HAIR, roughness: 0.5 });
    const scaled = new Group();
    scaled.scale.setScalar(UNIT);
    scaled.position.y = -FLOOR * UNIT;
    this.root.add(scaled.add(this.body));
    this.skull.position.set(0, NECK, -0.15);
    const upright = new Group(); // the skull turns about the neck, its parts count from between the ears
    upright.position.set(0, -NECK, 0.15);
    this.lips.position.set(0, -0.66, 0.85);

    const wet = new MeshStandardMaterial({ vertexColors: true, roughness: 0.35 });
    this.moving.push(mesh(baked(face()), skin), mesh(baked(mouthparts()), wet));
    const balls = mesh(eyeballs(), eyeMaterial(this.own));
    balls.castShadow = balls.receiveShadow = false; // for the light, the skin over them has no opening
    upright.add(...this.moving, balls, mesh(hair(), dark), ...ears().map((ear) => mesh(ear, plain)));
    upright.add(mesh(this.brows.geometry, dark), this.lips);
    this.skull.add(upright);
    this.cloak = mesh(cloak(), solid);
    this.hand.add(mesh(hand(), plain));
    const throat = mesh(neck(), new MeshStandardMaterial({ vertexColors: true, roughness: 0.62 }));
    this.body.add(this.skull, throat, this.cloak, this.hand);
  }

  wear(look: Look): void {
    const shares = influences(look);
    for (const { morphTargetInfluences } of this.moving) shares.forEach((share, n) => (morphTargetInfluences![n] = share));
    this.brows.wear(look);
    this.open(look);
    const { yaw, pitch } = look.gaze;
    this.own.gaze.value.set(Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), Math.cos(yaw) * Math.cos(pitch));
    // From the hips, far below the origin; the head stays upright.
    this.body.rotation.x = 0.6 * look.lean;
    this.body.position.z = 6 * look.lean;
    this.skull.rotation.set(-look.head.pitch - this.body.rotation.x, look.head.yaw, -look.head.roll, "YXZ");
    this.skull.position.y = NECK + 0.012 * look.breath - 0.05 * look.shrug;
    this.cloak.position.y = 0.22 * look.shrug;
    this.cloak.scale.set(1 + 0.006 * look.breath, 1, 1 + 0.012 * look.breath);
    this.hand.visible = look.hand.up > 0.01;
    this.hand.position.set(-1.15, -3.5 + 2.1 * look.hand.up, 0.95);
    this.hand.rotation.set(-0.15, 0.25, -0.1 - look.hand.turn);
  }

  dispose(): void {
    this.root.traverse((object) => {
      if (!(object instanceof Mesh)) return;
      (object.geometry as BufferGeometry).dispose();
      (object.material as Material).dispose();
    });
  }

  /** Lids follow emotions and where the eyes look. */
  private open({ blink, brows, gaze, emotions: { happy, sad, angry, surprised, relaxed } }: Look): void {
    const upper = 0.5 + 0.14 * surprised + 0.05 * brows - 0.1 * angry - 0.12 * sad - 0.1 * relaxed - 0.06 * happy + 0.45 * gaze.pitch;
    const lower = -0.46 + 0.2 * happy + 0.1 * angry + 0.08 * relaxed - 0.05 * surprised + 0.15 * gaze.pitch;
    const shut = -0.3;
    this.own.lids.value.set(upper + (shut - 0.01 - upper) * blink, lower + (shut - lower) * blink);
    this.own.slant.value = (1 - blink) * (0.14 * sad - 0.16 * angry);
  }
}

function mesh(geometry: BufferGeometry, material: Material): Mesh {
  const form = new Mesh(geometry, material);
  form.castShadow = form.receiveShadow = true;
  form.frustumCulled = false; // targets move points beyond the bounds that are known
  return form;
}

/** Both eyes in one geometry. */
function eyeballs(): BufferGeometry {
  const both = new BufferGeometry();
  const ball = new SphereGeometry(EYE_RADIUS, 40, 28);
  const right = ball.clone().translate(-EYE[0], EYE[1], EYE[2]), left = ball.translate(EYE[0], EYE[1], EYE[2]);
  for (const name of ["position", "normal"]) {
    const all = [...left.getAttribute(name).array, ...right.getAttribute(name).array];
    both.setAttribute(name, new Float32BufferAttribute(all, 3));
  }
  const index = [...left.getIndex()!.array];
  both.setIndex([...index, ...index.map((n) => n + left.getAttribute("position").count)]);
  return both;
}
