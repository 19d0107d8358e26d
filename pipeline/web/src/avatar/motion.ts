/** Movements of the head and hands that have a beginning and an end. */

/** What a movement adds, in the units of `Look`. */
export interface Motion {
  yaw?: number;
  pitch?: number;
  roll?: number;
  shrug?: number;
  up?: number;
  turn?: number;
}

interface Movement {
  /** Seconds. */
  readonly lasts: number;
  /** At a moment of it, from 0 to 1; 0 at both ends. */
  at(place: number): Motion;
}

const arch = (place: number): number => Math.sin(Math.PI * place) ** 2;
const hold = (place: number): number => {
  const up = Math.min(1, 4 * place, 4 * (1 - place));
  return up * up * (3 - 2 * up);
};
const swing = (place: number, times: number): number => Math.sin(2 * Math.PI * times * place) * arch(place) ** 0.5;

/** By name, as the protocol's `gesture` gives it. */
export const MOVEMENTS: Readonly<Record<string, Movement>> = {
  nod: { lasts: 0.7, at: (place) => ({ pitch: -0.17 * Math.abs(swing(place, 1)) }) },
  shake: { lasts: 1.0, at: (place) => ({ yaw: 0.2 * swing(place, 2) }) },
  wave: { lasts: 1.9, at: (place) => ({ up: hold(place), turn: 0.45 * swing(place, 4), roll: 0.07 * hold(place) }) },
  point: { lasts: 1.6, at: (place) => ({ up: 0.7 * hold(place), turn: -0.9 * hold(place), yaw: -0.22 * hold(place) }) },
  shrug: { lasts: 1.2, at: (place) => ({ shrug: hold(place), roll: -0.1 * hold(place), pitch: 0.03 * hold(place) }) },
  think: { lasts: 1.8, at: (place) => ({ yaw: 0.16 * hold(place), pitch: 0.1 * hold(place), roll: 0.1 * hold(place) }) },
  "open-hands": { lasts: 1.4, at: (place) => ({ up: 0.55 * hold(place), shrug: 0.3 * hold(place) }) },
};
