/** The headset: the avatar stands before the user, who talks by trigger or pinch and points at things. */

import {
  BufferGeometry, Line, LineBasicMaterial, Matrix4, Quaternion, Raycaster, Vector3, type Object3D, type XRTargetRaySpace,
} from "three";

import { Board } from "./board";
import type { XrHost, XrKind } from "./contract";
import type { Figure } from "./look";
import { PLACE, Props } from "./props";
import type { Stage } from "./stage";

/** Metres between the user's eyes and the avatar's: as people stand who talk. */
const DISTANCE = 1.2;
/** Metres of the ray that shows where a hand points. */
const RAY = 1.6;

export class Immersion {
  private readonly board = new Board();
  private readonly props: Props | null;
  private readonly voice: PannerNode;
  private readonly hands: readonly XRTargetRaySpace[];
  private readonly raycaster = new Raycaster();
  private figure: Figure | null = null;
  private levelled = false;
  /** Whether the user's head is known: the camera stands where it stood when the last frame was drawn. */
  private tracked = false;
  /** The hand whose trigger is down. */
  private talking: XRInputSource | null = null;

  /** `after` is called when the session is over, whoever ended it. */
  constructor(
    private readonly stage: Stage, private readonly session: XRSession, private readonly kind: XrKind,
    private readonly host: XrHost, private readonly after: () => void,
  ) {
    this.props = kind === "immersive-vr" ? new Props() : null; // what stands around in AR is the user's own room
    this.voice = new PannerNode(host.audio, { panningModel: "HRTF", distanceModel: "inverse", refDistance: DISTANCE, rolloffFactor: 0.7 });
    this.hands = [0, 1].map((n) => this.stage.renderer.xr.getController(n));
  }

  async begin(figure: Figure): Promise<void> {
    const { renderer, scene, sky } = this.stage;
    this.session.addEventListener("selectstart", ({ inputSource }) => this.press(inputSource));
    this.session.addEventListener("selectend", ({ inputSource }) => this.release(inputSource));
    this.session.addEventListener("end", () => this.end());
    renderer.xr.enabled = true;
    renderer.xr.setReferenceSpaceType("local-floor");
    await renderer.xr.setSession(this.session);
    sky.visible = this.kind === "immersive-vr";
    for (const hand of this.hands) if (!hand.children.length) hand.add(ray());
    scene.add(this.board.mesh, ...this.hands);
    if (this.props) scene.add(this.props.root);
    this.place(figure);
    this.host.through(this.voice);
    this.host.scene(this.props ? PLACE : "", this.props ? this.props.things : []);
  }

  /** Puts a figure before the user, eye to eye, as soon as it is known where the user's are. */
  place(figure: Figure): void {
    this.figure = figure;
    this.levelled = false;
    const { eyes } = figure;
    this.stage.frame(new Vector3(0, eyes.y, -DISTANCE));
    figure.root.position.set(0, 0, -DISTANCE - eyes.z);
  }

  caption(speaker: "user" | "avatar", text: string, coming: string): void {
    this.board.write(speaker, text, coming);
  }

  leave(): void {
    void this.session.end();
  }

  /** Where the figure must look to meet the user's eyes; moves the voice, the ears and the rays along. */
  follow(figure: Figure): { yaw: number; pitch: number } {
    const camera = this.stage.renderer.xr.getCamera();
    if (!this.tracked) {
      this.tracked = true;
      return { yaw: 0, pitch: 0 };
    }
    const user = new Vector3().setFromMatrixPosition(camera.matrixWorld);
    if (!this.levelled) this.level(figure, user.y);
    this.hear(figure, camera.matrixWorld);
    this.point();
    const towards = user.sub(figure.root.localToWorld(figure.eyes.clone()));
    return { yaw: Math.atan2(towards.x, towards.z), pitch: Math.atan2(towards.y, Math.hypot(towards.x, towards.z)) };
  }

  /** Meets the eyes of a user who sits, or is tall. */
  private level(figure: Figure, height: number): void {
    this.levelled = true;
    const lift = Math.min(Math.max(height - figure.eyes.y, -0.6), 0.3);
    figure.root.position.y = lift;
    this.stage.frame(new Vector3(0, figure.eyes.y + lift, -DISTANCE));
    this.board.mesh.position.set(0, figure.eyes.y + lift - 0.34, -DISTANCE + 0.22);
    this.board.mesh.lookAt(0, height, 0);
  }

  private hear(figure: Figure, head: Matrix4): void {
    const mouth = figure.lips.getWorldPosition(new Vector3());
    this.voice.positionX.value = mouth.x;
    this.voice.positionY.value = mouth.y;
    this.voice.positionZ.value = mouth.z;
    const { listener } = this.host.audio;
    const turn = new Quaternion().setFromRotationMatrix(head);
    const at = new Vector3().setFromMatrixPosition(head);
    const front = new Vector3(0, 0, -1).applyQuaternion(turn), up = new Vector3(0, 1, 0).applyQuaternion(turn);
    if (!listener.positionX) {
      // Firefox has only the older calls.
      listener.setPosition(at.x, at.y, at.z);
      listener.setOrientation(front.x, front.y, front.z, up.x, up.y, up.z);
      return;
    }
    [listener.positionX.value, listener.positionY.value, listener.positionZ.value] = at.toArray();
    [listener.forwardX.value, listener.forwardY.value, listener.forwardZ.value] = front.toArray();
    [listener.upX.value, listener.upY.value, listener.upZ.value] = up.toArray();
  }

  private point(): void {
    if (!this.props) return;
    let nearest: { distance: number; object: Object3D } | null = null;
    for (const hand of this.hands) {
      if (!hand.visible) continue;
      hand.updateWorldMatrix(true, false);
      this.raycaster.setFromXRController(hand);
      const [hit] = this.raycaster.intersectObjects([...this.props.targets], true);
      if (hit && (!nearest || hit.distance < nearest.distance)) nearest = hit;
    }
    const change = this.props.point(nearest && nearest.object);
    if (change) this.host.point(change.target, change.position);
  }

  private press(hand: XRInputSource): void {
    if (this.talking) return;
    this.talking = hand;
    this.host.press();
  }

  private release(hand: XRInputSource | null): void {
    if (!this.talking || (hand && hand !== this.talking)) return;
    this.talking = null;
    this.host.release();
  }

  private end(): void {
    const { renderer, scene, sky } = this.stage;
    this.release(null);
    const change = this.props?.point(null);
    if (change) this.host.point(change.target, change.position);
    scene.remove(this.board.mesh, ...this.hands);
    if (this.props) scene.remove(this.props.root);
    this.props?.dispose();
    this.board.dispose();
    this.host.through(null);
    renderer.xr.enabled = false;
    sky.visible = true;
    this.figure?.root.position.set(0, 0, 0);
    this.after();
    this.stage.resize();
    this.host.ended();
  }
}

function ray(): Line {
  const line = new Line(
    new BufferGeometry().setFromPoints([new Vector3(0, 0, -0.05), new Vector3(0, 0, -RAY)]),
    new LineBasicMaterial({ color: "#7fc7bf", transparent: true, opacity: 0.55 }),
  );
  line.frustumCulled = false;
  return line;
}
