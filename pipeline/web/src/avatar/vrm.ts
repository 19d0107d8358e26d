/** Somebody's own avatar: a VRM file, of version 0.x or 1.0 (specifications VRM 0.0 and VRMC_vrm-1.0). */

import { VRMLoaderPlugin, VRMUtils, type VRM, type VRMHumanBoneName } from "@pixiv/three-vrm";
import { Group, LoadingManager, Object3D, Vector3 } from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

import type { VisemeName } from "./contract";
import { EMOTIONS, type Figure, type Look } from "./look";
import { VISEMES } from "./mouth";

/** Bytes of a file at most: a large avatar for games has some 50 MB. */
const LARGEST = 120 * 2 ** 20;

/** By viseme, the mouth presets of VRM: those of pipeline/devices/face/shapes.py. A closed mouth is their absence. */
const PRESETS: Record<VisemeName, Readonly<Partial<Record<"aa" | "ih" | "ou" | "ee" | "oh", number>>>> = {
  sil: {}, PP: {}, FF: { ih: 0.15 }, TH: { aa: 0.1, ih: 0.15 }, DD: { ih: 0.3 }, kk: { aa: 0.15, ih: 0.15 }, CH: { ou: 0.45, ih: 0.1 },
  SS: { ih: 0.4 }, nn: { ih: 0.25 }, RR: { ou: 0.35 }, aa: { aa: 1 }, E: { ee: 1 }, ih: { ih: 1 }, oh: { oh: 1 }, ou: { ou: 1 },
};

/** Reads a VRM. Rejects with an Error whose message is for people. */
export async function loadVrm(file: ArrayBuffer): Promise<Figure> {
  if (file.byteLength > LARGEST)
    throw new Error(
      `This file has ${Math.round(file.byteLength / 2 ** 20)} MB; an avatar may have ${LARGEST / 2 ** 20} MB. ` +
        "Export it with smaller textures.",
    );
  if (file.byteLength < 12 || new DataView(file).getUint32(0, true) !== 0x46546c67)
    throw new Error("This is not a VRM file: it does not begin as one. Export the avatar as .vrm (VRM 0.x or 1.0).");
  const manager = new LoadingManager();
  manager.setURLModifier((url) => {
    if (/^(blob|data):/.test(url)) return url;
    throw new Error("it refers to other files");
  });
  const loader = new GLTFLoader(manager);
  loader.register((parser) => new VRMLoaderPlugin(parser));
  const gltf = await loader.parseAsync(file, "").catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`This VRM file cannot be read: ${reason}. Export it again, in one file.`);
  });
  const vrm = gltf.userData["vrm"] as VRM | undefined;
  if (!vrm) {
    VRMUtils.deepDispose(gltf.scene);
    throw new Error("This is a 3-D model, but not a VRM avatar: it has no humanoid. Export it as .vrm (VRM 0.x or 1.0).");
  }
  return new VrmFigure(vrm);
}

class VrmFigure implements Figure {
  readonly root = new Group();
  readonly lips = new Object3D();
  readonly eyes = new Vector3();
  /** Bones of version 0.x look along -z: turned about the upright axis, so that x and z are the other way round. */
  private readonly way: 1 | -1;

  constructor(private readonly vrm: VRM) {
    this.way = vrm.meta.metaVersion === "0" ? -1 : 1;
    VRMUtils.rotateVRM0(vrm);
    VRMUtils.removeUnnecessaryVertices(vrm.scene);
    this.root.add(vrm.scene);
    this.root.traverse((object) => {
      object.frustumCulled = false; // bones move points beyond the bounds that are known
      object.castShadow = object.receiveShadow = true;
    });
    // Figures come with their arms stretched out.
    this.turn("leftUpperArm", 0, 0, -1.2);
    this.turn("rightUpperArm", 0, 0, 1.2);
    vrm.update(0);
    const head = vrm.humanoid.getRawBoneNode("head")!;
    this.root.updateWorldMatrix(true, true);
    if (vrm.lookAt) vrm.lookAt.getLookAtWorldPosition(this.eyes);
    else this.eyes.copy(head.getWorldPosition(new Vector3())).add(new Vector3(0, 0.06, 0.08));
    this.lips.position.copy(head.worldToLocal(this.eyes.clone().add(new Vector3(0, -0.07, 0.03))));
    head.add(this.lips);
  }

  wear(look: Look, seconds: number): void {
    this.express(look);
    const { head, lean, shrug, breath, hand } = look;
    this.turn("neck", -0.4 * head.pitch, 0.4 * head.yaw, -0.4 * head.roll);
    this.turn("head", -0.6 * head.pitch, 0.6 * head.yaw, -0.6 * head.roll);
    this.turn("spine", lean + 0.008 * breath, 0, 0);
    this.turn("leftShoulder", 0, 0, 0.25 * shrug);
    this.turn("rightShoulder", 0, 0, -0.25 * shrug);
    this.turn("rightUpperArm", -0.25 * hand.up, 0, 1.2 - 0.3 * hand.up);
    this.turn("rightLowerArm", 0, 0, (-2.3 - 0.8 * hand.turn) * hand.up);
    if (this.vrm.lookAt) {
      // In degrees, to the figure's left and downwards.
      this.vrm.lookAt.yaw = (180 / Math.PI) * look.gaze.yaw;
      this.vrm.lookAt.pitch = (-180 / Math.PI) * look.gaze.pitch;
    }
    this.vrm.update(seconds);
  }

  dispose(): void {
    VRMUtils.deepDispose(this.root);
  }

  private express({ mouth, emotions, blink }: Look): void {
    const manager = this.vrm.expressionManager;
    if (!manager) return;
    const weights = { aa: 0, ih: 0, ou: 0, ee: 0, oh: 0 };
    for (const viseme of VISEMES)
      for (const [preset, share] of Object.entries(PRESETS[viseme])) weights[preset as "aa"] += share * mouth[viseme];
    for (const [preset, weight] of Object.entries(weights)) manager.setValue(preset, weight);
    for (const emotion of EMOTIONS) manager.setValue(emotion, emotions[emotion]);
    manager.setValue("blink", blink);
  }

  private turn(bone: VRMHumanBoneName, x: number, y: number, z: number): void {
    this.vrm.humanoid.getNormalizedBoneNode(bone)?.rotation.set(this.way * x, y, this.way * z, "YXZ");
  }
}
