/** A face in time: what was said of an answer, the state, and life of its own become a `Look` each frame.
 *
 * Time and chance are passed in. Mouth, expressions and gestures follow the sound that is heard; blinks, glances and breath
 * follow the frames. */

import type { Expression, Gesture, Heard, State, Viseme } from "./contract";
import { EMOTIONS, type Emotion, type Look } from "./look";
import { MOVEMENTS, type Motion } from "./motion";
import { atRest, mouthAt, released, type MouthWeights } from "./mouth";

/** What is known of one answer. */
interface Answer {
  visemes: Viseme[];
  readonly expressions: Expression[];
  gestures: Gesture[];
}

interface Glance {
  yaw: number;
  pitch: number;
}

/** How a state holds head and eyes; seconds until nothing of the one before is seen are about three times `EASE`. */
const POSTURES: Record<State, { lean: number; roll: number; yaw: number; pitch: number; brows: number; gaze: Glance }> = {
  idle: { lean: 0, roll: 0, yaw: 0, pitch: 0, brows: 0, gaze: { yaw: 0, pitch: 0 } },
  listening: { lean: 0.07, roll: 0.085, yaw: 0, pitch: 0.01, brows: 0.35, gaze: { yaw: 0, pitch: 0 } },
  thinking: { lean: -0.015, roll: -0.05, yaw: 0.17, pitch: 0.07, brows: 0.25, gaze: { yaw: 0.24, pitch: 0.2 } },
  speaking: { lean: 0.025, roll: 0, yaw: 0, pitch: 0, brows: 0.08, gaze: { yaw: 0, pitch: 0 } },
};
/** Seconds in which two thirds of the way to another posture are gone. */
const EASE = 0.22;
/** The same for an expression, and for eyes, which jump. */
const EXPRESSION_EASE = 0.11, EYE_EASE = 0.025;
/** Seconds in which an expression comes and goes. */
const ATTACK = 0.25, DECAY = 0.45;
/** Seconds that lids take to shut and open. */
const BLINK = 0.17;
/** Seconds in which a gesture fades that was cut. */
const FADE = 0.25;
/** Milliseconds by which a gesture may come late, where frames were not drawn. */
const LATE = 600;

export class Animator {
  private readonly answers = new Map<string, Answer>();
  private state: State = "idle";
  private mouth = atRest();
  private cut: { mouth: MouthWeights; at: number } | null = null;
  private readonly emotions = Object.fromEntries(EMOTIONS.map((name) => [name, 0])) as Record<Emotion, number>;
  private readonly pose = { ...POSTURES.idle, gaze: { yaw: 0, pitch: 0 } };
  private running: { name: string; since: number; cut: number | null } | null = null;
  private blinkAt = 1.5;
  private glance: Glance = { yaw: 0, pitch: 0 };
  private glanceUntil = 0;
  private last = 0;

  /** `calm`: nothing but mouth and lids moves. */
  constructor(private readonly random: () => number, public calm = false) {}

  become(state: State): void {
    if (state === this.state) return;
    this.state = state;
    this.glanceUntil = 0;
  }

  visemes(turn: string, visemes: readonly Viseme[]): void {
    const [first] = visemes;
    if (!first) return;
    const answer = this.answer(turn);
    answer.visemes = [...answer.visemes.filter(([start]) => start < first[0]), ...visemes];
  }

  expression(turn: string, expression: Expression): void {
    if (expression.name in this.emotions) this.answer(turn).expressions.push(expression);
  }

  gesture(turn: string, gesture: Gesture): void {
    if (gesture.name in MOVEMENTS) this.answer(turn).gestures.push(gesture);
  }

  /** The sound was cut: the gesture that went with it fades, as the mouth does when nothing is heard any more. */
  flush(): void {
    if (this.running) this.running.cut ??= this.last;
  }

  forget(turn: string): void {
    this.answers.delete(turn);
  }

  /** What is seen at `now` (seconds, never less than before) while `heard` sounds. `user` is where the user's eyes are. */
  look(now: number, heard: Heard | null, user: Glance = { yaw: 0, pitch: 0 }): Look {
    const seconds = Math.min(Math.max(now - this.last, 0), 0.1);
    this.last = now;
    const answer = heard && this.answers.get(heard.turn);
    this.speak(now, answer ? mouthAt(answer.visemes, heard.position) : null);
    const blink = this.blinking(now);
    if (this.calm) return { ...STILL, mouth: this.mouth, blink };

    this.feel(seconds, answer ? answer.expressions : [], heard ? heard.position : 0);
    if (answer && heard) this.begin(now, answer, heard.position);
    this.settle(seconds);
    this.glanceAround(now);
    const motion = this.moving(now);
    const { pose } = this;
    const open = 1 - this.mouth.sil;
    const head = {
      yaw: pose.yaw + 0.45 * user.yaw + 0.025 * Math.sin(0.53 * now) + 0.014 * Math.sin(1.31 * now) + (motion.yaw ?? 0),
      pitch: pose.pitch + 0.45 * user.pitch + 0.012 * Math.sin(0.71 * now + 1) - 0.018 * open + (motion.pitch ?? 0),
      roll: pose.roll + 0.014 * Math.sin(0.43 * now + 2) + (motion.roll ?? 0),
    };
    const away = this.state === "thinking" ? 0 : 1;
    ease(pose.gaze, "yaw", this.aim("yaw") + away * (user.yaw - head.yaw), EYE_EASE, seconds);
    ease(pose.gaze, "pitch", this.aim("pitch") + away * (user.pitch - head.pitch), EYE_EASE, seconds);
    return {
      mouth: this.mouth,
      emotions: this.emotions,
      blink,
      brows: pose.brows,
      gaze: { yaw: limited(pose.gaze.yaw, 0.5), pitch: limited(pose.gaze.pitch, 0.35) },
      head,
      lean: pose.lean,
      shrug: motion.shrug ?? 0,
      breath: Math.sin((2 * Math.PI * now) / 4.2),
      hand: { up: motion.up ?? 0, turn: motion.turn ?? 0 },
    };
  }

  private answer(turn: string): Answer {
    let answer = this.answers.get(turn);
    if (!answer) this.answers.set(turn, (answer = { visemes: [], expressions: [], gestures: [] }));
    return answer;
  }

  /** The mouth of what is heard; where nothing is any more, it comes to rest from the shape it had. */
  private speak(now: number, mouth: MouthWeights | null): void {
    if (mouth) {
      this.cut = null;
      this.mouth = mouth;
      return;
    }
    this.cut ??= { mouth: this.mouth, at: now };
    this.mouth = released(this.cut.mouth, 1000 * (now - this.cut.at));
  }

  private feel(seconds: number, expressions: readonly Expression[], position: number): void {
    for (const name of EMOTIONS) {
      let target = 0;
      for (const expression of expressions) {
        if (expression.name !== name) continue;
        const since = (position - expression.start) / 1000, left = expression.duration / 1000 - since;
        target = Math.max(target, expression.weight * limited(Math.min(since / ATTACK, left / DECAY), 1, 0));
      }
      ease(this.emotions, name, target, EXPRESSION_EASE, seconds);
    }
  }

  private begin(now: number, answer: Answer, position: number): void {
    const due = answer.gestures.filter(({ start }) => start <= position);
    if (!due.length) return;
    answer.gestures = answer.gestures.filter(({ start }) => start > position);
    const { name, start } = due.at(-1)!;
    if (position - start < LATE) this.running = { name, since: now, cut: null };
  }

  private moving(now: number): Motion {
    if (!this.running) return {};
    const movement = MOVEMENTS[this.running.name]!;
    const place = (now - this.running.since) / movement.lasts;
    const left = this.running.cut === null ? 1 : 1 - (now - this.running.cut) / FADE;
    if (place < 1 && left > 0) return scaled(movement.at(place), left);
    this.running = null;
    return {};
  }

  private settle(seconds: number): void {
    const posture = POSTURES[this.state];
    for (const part of ["lean", "roll", "yaw", "pitch", "brows"] as const)
      ease(this.pose, part, posture[part], EASE, seconds);
  }

  /** Where the eyes go beside the user: far and often when idle, rarely and little in talk. */
  private glanceAround(now: number): void {
    if (now < this.glanceUntil) return;
    const far = this.state === "idle" ? 0.14 : this.state === "speaking" ? 0.06 : 0.02;
    const atUser = this.random() < (this.state === "idle" ? 0.5 : 0.65);
    this.glance = atUser ? { yaw: 0, pitch: 0 } : { yaw: far * (2 * this.random() - 1), pitch: 0.5 * far * (2 * this.random() - 1) };
    this.glanceUntil = now + 0.6 + 1.8 * this.random();
    if (Math.hypot(this.glance.yaw, this.glance.pitch) > 0.1 && this.random() < 0.4) this.blinkAt = Math.min(this.blinkAt, now);
  }

  private aim(axis: keyof Glance): number {
    return POSTURES[this.state].gaze[axis] + this.glance[axis];
  }

  private blinking(now: number): number {
    const since = now - this.blinkAt;
    if (since < 0) return 0;
    if (since >= BLINK) {
      const again = this.random() < 0.12;
      this.blinkAt = now + (again ? 0.08 : 2 + 4 * this.random());
      return 0;
    }
    return Math.sin((Math.PI * since) / BLINK) ** 0.8;
  }
}

const STILL: Omit<Look, "mouth" | "blink"> = {
  emotions: { happy: 0, sad: 0, angry: 0, surprised: 0, relaxed: 0 },
  brows: 0,
  gaze: { yaw: 0, pitch: 0 },
  head: { yaw: 0, pitch: 0, roll: 0 },
  lean: 0,
  shrug: 0,
  breath: 0,
  hand: { up: 0, turn: 0 },
};

function scaled(motion: Motion, share: number): Motion {
  return Object.fromEntries(Object.entries(motion).map(([part, value]) => [part, share * value]));
}

function limited(value: number, most: number, least = -most): number {
  return Math.min(Math.max(value, least), most);
}

/** Moves a value towards its target, the same in few long frames as in many short ones. */
function ease<Key extends string>(holder: Record<Key, number>, key: Key, target: number, time: number, seconds: number): void {
  holder[key] += (target - holder[key]) * (1 - Math.exp(-seconds / time));
}
