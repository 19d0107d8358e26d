/** What a face can do, in muscles; and the mouth shapes of Oculus LipSync in those words.
 *
 * The shapes follow the pictures of OpenXR's XR_META_face_tracking_visemes. The numbers are our own judgement, by eye. */

import type { VisemeName } from "../contract";

/** How far each muscle pulls. 0 is rest. */
export interface Pose {
  /** Opens the jaw; 1 is a wide open mouth. */
  jaw: number;
  /** Draws the corners apart; below 0, together. */
  wide: number;
  /** Pushes the lips forward. */
  out: number;
  /** Lifts the upper lip. */
  upper: number;
  /** Lowers the lower lip. */
  lower: number;
  /** Rolls both lips in. */
  press: number;
  /** Tucks the lower lip under the upper teeth. */
  bite: number;
  /** Lifts the corners; below 0, lowers them. */
  smile: number;
  /** Lifts the cheeks. */
  cheeks: number;
  /** Brings the tongue forward, to the teeth and between them. */
  tongue: number;
  /** Lifts the tip of the tongue to the palate. */
  tip: number;
}

const REST: Pose = {
  jaw: 0, wide: 0, out: 0, upper: 0, lower: 0, press: 0, bite: 0, smile: 0, cheeks: 0, tongue: 0, tip: 0,
};

const pose = (pulls: Partial<Pose>): Pose => ({ ...REST, ...pulls });

export const VISEME_POSES: Record<VisemeName, Pose> = {
  sil: REST,
  PP: pose({ press: 1, wide: -0.1 }),
  FF: pose({ jaw: 0.1, bite: 1, upper: 0.75, wide: 0.1 }),
  TH: pose({ jaw: 0.3, lower: 0.25, upper: 0.25, tongue: 1, tip: 0.35 }),
  DD: pose({ jaw: 0.28, lower: 0.3, upper: 0.3, wide: 0.15, tongue: 0.25, tip: 1 }),
  kk: pose({ jaw: 0.36, lower: 0.2, upper: 0.25, wide: 0.1 }),
  CH: pose({ jaw: 0.22, wide: -0.5, out: 0.85, upper: 0.6, lower: 0.6 }),
  SS: pose({ jaw: 0.1, wide: 0.5, upper: 0.5, lower: 0.55, tongue: 0.2 }),
  nn: pose({ jaw: 0.25, lower: 0.15, upper: 0.15, wide: 0.1, tongue: 0.2, tip: 1 }),
  RR: pose({ jaw: 0.25, wide: -0.4, out: 0.55, upper: 0.3, lower: 0.3, tip: 0.5 }),
  aa: pose({ jaw: 0.95, upper: 0.3, lower: 0.3, wide: 0.05 }),
  E: pose({ jaw: 0.55, wide: 0.35, upper: 0.3, lower: 0.3 }),
  ih: pose({ jaw: 0.3, wide: 0.55, upper: 0.35, lower: 0.35, smile: 0.12 }),
  oh: pose({ jaw: 0.68, wide: -0.45, out: 0.55, upper: 0.15, lower: 0.15 }),
  ou: pose({ jaw: 0.32, wide: -0.8, out: 1, upper: 0.1, lower: 0.1 }),
};

/** Looks of the lower face, that are laid over what the mouth says. */
export const LOOK_POSES = {
  smile: pose({ smile: 1, wide: 0.3, cheeks: 0.6 }),
  frown: pose({ smile: -0.9, wide: -0.05, press: 0.25 }),
  tense: pose({ press: 0.55, smile: -0.25, wide: 0.1 }),
  gasp: pose({ jaw: 0.4, wide: -0.2, out: 0.15, upper: 0.2 }),
  cheeks: pose({ cheeks: 1 }),
} as const satisfies Record<string, Pose>;

export type LookPose = keyof typeof LOOK_POSES;
