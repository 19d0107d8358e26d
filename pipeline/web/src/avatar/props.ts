/** A little place for the headset: a floor, a low table, and things on it that can be pointed at. */

import {
  CircleGeometry, CylinderGeometry, Group, LatheGeometry, Mesh, MeshStandardMaterial, PlaneGeometry, SphereGeometry, TorusGeometry,
  Vector2, Vector3, type BufferGeometry, type Object3D,
} from "three";

import type { Position, Thing } from "./contract";

export const PLACE = "the study";

const GLOW = "#3f8f88";

interface Prop {
  readonly name: string;
  readonly form: Group;
}

export class Props {
  readonly root = new Group();
  private readonly props: readonly Prop[];
  private target: Prop | null = null;

  constructor() {
    const table = new Group();
    const wood = { color: "#7d5a44", roughness: 0.7 };
    table.add(
      part(new CylinderGeometry(0.3, 0.3, 0.025, 48), wood, 0.55),
      part(new CylinderGeometry(0.035, 0.05, 0.53, 20), wood, 0.27),
      part(new CylinderGeometry(0.16, 0.18, 0.02, 32), wood, 0.01),
    );
    const floor = part(new CircleGeometry(4, 64), { color: "#8d8780", roughness: 0.95 }, 0);
    floor.rotation.x = -Math.PI / 2;
    floor.castShadow = floor.receiveShadow = false; // the light's shadows are drawn around the face alone
    this.props = [{ name: "lantern", form: lantern() }, { name: "map", form: map() }];
    this.props[0]!.form.position.set(0.1, 0.5625, -0.08);
    this.props[1]!.form.position.set(-0.07, 0.565, 0.08);
    table.add(...this.props.map(({ form }) => form));
    table.position.set(0.62, 0, -0.95);
    this.root.add(floor, table);
  }

  get targets(): readonly Object3D[] {
    return this.props.map(({ form }) => form);
  }

  get things(): readonly Thing[] {
    this.root.updateWorldMatrix(true, true);
    return this.props.map((prop) => ({ name: prop.name, position: where(prop) }));
  }

  /** Lights up the thing of which an object is a part; gives it where it is another one than before. */
  point(at: Object3D | null): { target: string; position: Position | null } | null {
    const found = this.props.find(({ form }) => form.getObjectById(at?.id ?? -1)) ?? null;
    if (found === this.target) return null;
    if (this.target) glow(this.target, 0);
    if (found) glow(found, 0.55);
    this.target = found;
    return found ? { target: found.name, position: where(found) } : { target: "", position: null };
  }

  dispose(): void {
    this.root.traverse((object) => {
      if (!(object instanceof Mesh)) return;
      (object.geometry as BufferGeometry).dispose();
      (object.material as MeshStandardMaterial).dispose();
    });
  }
}

function where({ form }: Prop): Position {
  const { x, y, z } = form.getWorldPosition(new Vector3());
  return [x, y, z];
}

function glow({ form }: Prop, strength: number): void {
  form.traverse((object) => {
    if (!(object instanceof Mesh) || object.name === "flame") return;
    (object.material as MeshStandardMaterial).emissive.set(GLOW).multiplyScalar(strength);
  });
}

function part(geometry: BufferGeometry, look: { color: string; roughness: number; metalness?: number }, height: number): Mesh {
  const mesh = new Mesh(geometry, new MeshStandardMaterial(look));
  mesh.position.y = height;
  mesh.castShadow = mesh.receiveShadow = true;
  return mesh;
}

function lantern(): Group {
  const form = new Group();
  const brass = { color: "#b08d4f", roughness: 0.35, metalness: 0.6 };
  const foot = [[0, 0], [0.062, 0], [0.062, 0.012], [0.05, 0.026], [0.04, 0.03], [0, 0.03]];
  const roof = [[0.056, 0.15], [0.058, 0.158], [0.03, 0.185], [0.012, 0.2], [0, 0.202]];
  for (const outline of [foot, roof]) form.add(part(new LatheGeometry(outline.map(([x, y]) => new Vector2(x, y)), 32), brass, 0));
  for (let n = 0; n < 6; n++) {
    const bar = part(new CylinderGeometry(0.003, 0.003, 0.125, 8), brass, 0.09);
    bar.position.set(0.046 * Math.cos((n * Math.PI) / 3), 0.09, 0.046 * Math.sin((n * Math.PI) / 3));
    form.add(bar);
  }
  const ring = part(new TorusGeometry(0.02, 0.003, 8, 32), brass, 0.218);
  const flame = part(new SphereGeometry(0.024, 24, 16), { color: "#ffd9a0", roughness: 1 }, 0.08);
  (flame.material as MeshStandardMaterial).emissive.set("#ffb35c");
  flame.scale.y = 1.5;
  flame.name = "flame";
  form.add(ring, flame);
  return form;
}

function map(): Group {
  const form = new Group();
  const sheet = part(new PlaneGeometry(0.26, 0.19, 24, 1), { color: "#e6d8b8", roughness: 0.9 }, 0);
  const points = sheet.geometry.getAttribute("position");
  for (let n = 0; n < points.count; n++) points.setZ(n, 0.012 * Math.abs(points.getX(n) / 0.13) ** 4); // its ends curl up
  sheet.geometry.computeVertexNormals();
  sheet.rotation.x = -Math.PI / 2;
  form.rotation.y = 0.35;
  const ink = { color: "#6e4f3a", roughness: 0.9 };
  form.add(sheet);
  for (let n = 0; n < 9; n++) {
    const dot = part(new CylinderGeometry(0.0035, 0.0035, 0.001, 12), ink, 0.0015);
    dot.position.set(-0.09 + 0.02 * n, 0.0015, 0.04 * Math.sin(0.7 * n));
    form.add(dot);
  }
  const cross = [0.785, -0.785].map((turn) => {
    const stroke = part(new CylinderGeometry(0.003, 0.003, 0.026, 8), { color: "#a5443a", roughness: 0.9 }, 0.002);
    stroke.rotation.set(Math.PI / 2, 0, turn);
    stroke.position.set(0.09, 0.002, -0.04);
    return stroke;
  });
  form.add(...cross);
  return form;
}
