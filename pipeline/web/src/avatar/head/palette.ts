/** The head's colours: warm skin, ink hair, a deep green cloak. */

import { Color } from "three";

export const SKIN = new Color("#ecbb9d");
export const BLUSH = new Color("#e2927c");
export const LIPS = new Color("#d07f74");
export const CAVITY = new Color("#43161a");
export const TONGUE = new Color("#b9606a");
export const TEETH = new Color("#f2ebe2");
export const HAIR = new Color("#4a3a3d");
export const LINER = new Color("#2a1a1c");
export const CLOAK = new Color("#35686a");
export const COLLAR = new Color("#4f8683");

/** A colour between two, as numbers of the linear space that vertices want. */
export function blended(from: Color, to: Color, share: number): [number, number, number] {
  return [from.r + (to.r - from.r) * share, from.g + (to.g - from.g) * share, from.b + (to.b - from.b) * share];
}
