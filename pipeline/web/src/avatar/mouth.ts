/** The mouth at any moment: a timeline of visemes, sampled. The mathematics of pipeline/devices/face/mouth.py, which says why. */

import type { Viseme, VisemeName } from "./contract";

export const VISEMES: readonly VisemeName[] = [
  "sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou",
];

export type MouthWeights = Record<VisemeName, number>;

/** Milliseconds before and behind its own time in which a shape is seen. */
const REACH = 60;
/** Milliseconds in which lips meet and part. */
const CONTACT = 50;
/** Shapes that are reached whatever lies around them, the strongest last. */
const MEETING = ["FF", "PP"] as const;
/** Milliseconds in which a mouth that was interrupted comes to rest. */
const RELEASE = 120;

export function atRest(): MouthWeights {
  return Object.fromEntries(VISEMES.map((name) => [name, name === "sil" ? 1 : 0])) as MouthWeights;
}

/** The weight of each shape at a moment (ms) of a timeline in order of time: together at most 1. */
export function mouthAt(visemes: readonly Viseme[], position: number): MouthWeights {
  const weights = atRest();
  const meeting = { FF: [0, 0], PP: [0, 0] };
  for (let place = firstFelt(visemes, position); place < visemes.length; place++) {
    const [start, duration, name, weight] = visemes[place]!;
    if (start >= position + REACH) break;
    if (name === "sil" || !(name in weights)) continue;
    const before = start - position, behind = start + duration - position;
    const share = passed(behind) - passed(before);
    weights[name] += share * weight;
    weights.sil -= share;
    if (name === "FF" || name === "PP") {
      const held = fade(Math.max(before, -behind, 0) / CONTACT);
      const [most, weightThen] = meeting[name];
      if (held > most! || (held === most && weight > weightThen!)) meeting[name] = [held, weight];
    }
  }
  for (const name of MEETING) {
    const [held, weight] = meeting[name];
    if (!held) continue;
    for (const other of VISEMES) weights[other] *= 1 - held;
    weights[name] += held * weight!;
  }
  for (const name of VISEMES) weights[name] = Math.min(Math.max(weights[name], 0), 1); // of rounding errors
  return weights;
}

/** Weights that come to rest, `elapsed` ms after they were interrupted. */
export function released(weights: MouthWeights, elapsed: number): MouthWeights {
  const left = fade(elapsed / RELEASE);
  const now = { ...weights };
  for (const name of VISEMES) now[name] *= left;
  now.sil += 1 - left;
  return now;
}

/** The last shape that begins before what is felt at `position`, for it may reach into it. */
function firstFelt(visemes: readonly Viseme[], position: number): number {
  let low = 0, high = visemes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (visemes[middle]![0] <= position - REACH) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
}

/** The part of a Hann window of `REACH` to either side that lies before a moment: its integral. */
function passed(time: number): number {
  const place = Math.min(Math.max(time / REACH, -1), 1);
  return (1 + place + Math.sin(Math.PI * place) / Math.PI) / 2;
}

/** From 1 at 0 to 0 at 1, level at both ends: half a period of a cosine. */
function fade(place: number): number {
  return (1 + Math.cos(Math.PI * Math.min(Math.max(place, 0), 1))) / 2;
}
