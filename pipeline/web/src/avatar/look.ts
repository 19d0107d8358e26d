/** What a figure shows at one moment, whatever it is made of. */

import type { Object3D, Vector3 } from "three";

import type { MouthWeights } from "./mouth";

/** The emotions of VRM 1.0 (specification VRMC_vrm-1.0, "expressions"). */
export const EMOTIONS = ["happy", "sad", "angry", "surprised", "relaxed"] as const;
export type Emotion = (typeof EMOTIONS)[number];

/** Angles in radians: yaw to the figure's left, pitch upwards, roll to its right shoulder. */
export interface Look {
  readonly mouth: MouthWeights;
  readonly emotions: Record<Emotion, number>;
  /** 0 open, 1 shut. */
  readonly blink: number;
  /** How far the brows are lifted, 0 to 1, beyond what emotions do. */
  readonly brows: number;
  /** Of the eyes, seen from the head. */
  readonly gaze: { readonly yaw: number; readonly pitch: number };
  readonly head: { readonly yaw: number; readonly pitch: number; readonly roll: number };
  /** Of the body, forward. */
  readonly lean: number;
  /** How high the shoulders are drawn, 0 to 1. */
  readonly shrug: number;
  /** -1 breathed out, 1 breathed in. */
  readonly breath: number;
  /** The hand that waves or points: how far it is up, 0 to 1, and how far it is turned. */
  readonly hand: { readonly up: number; readonly turn: number };
}

/** A head, with as much body as there is. */
export interface Figure {
  /** In metres, the floor under it at the origin, looking along +z. */
  readonly root: Object3D;
  /** Where the voice comes from. */
  readonly lips: Object3D;
  /** Between the eyes at rest, as seen from `root`. */
  readonly eyes: Vector3;
  /** Show this; `seconds` have passed since the last one. */
  wear(look: Look, seconds: number): void;
  dispose(): void;
}
