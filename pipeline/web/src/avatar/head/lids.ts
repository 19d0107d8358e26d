/** Skin and eyes. The skin runs on over the eyes, and the opening between the lids is cut out of it where it is drawn: lids slide
 * over the eyeball as real ones do, without a seam, at no cost of geometry. */

import {
  Color, CustomBlending, DoubleSide, MeshStandardMaterial, OneFactor, Vector2, Vector3, ZeroFactor, type IUniform,
  type WebGLProgramParametersWithUniforms,
} from "three";

import { EYE, EYE_RADIUS } from "./face";
import { LINER, SKIN } from "./palette";

export interface Eyes {
  /** Where the middle of the upper and the lower lid lies, in radii of the eye over its middle. */
  readonly lids: IUniform<Vector2>;
  /** How far the inner ends of the upper lids are lifted; below 0, lowered. */
  readonly slant: IUniform<number>;
  /** The direction in which the left eye and the right eye look, of length 1. */
  readonly gaze: IUniform<Vector3>;
}

export function eyes(): Eyes {
  return { lids: { value: new Vector2(0.5, -0.4) }, slant: { value: 0 }, gaze: { value: new Vector3(0, 0, 1) } };
}

const SHARED = /* glsl */ `
  uniform vec2 lids;
  uniform float slant;
  varying vec3 atRest;
  // From the lids' edges, in radii of the eye: x from the upper one, y from the lower one; positive between them.
  vec2 between(out vec2 at) {
    vec2 eye = vec2(abs(atRest.x) - ${EYE[0]}, atRest.y - ${EYE[1].toFixed(3)}) / ${EYE_RADIUS};
    at = eye;
    eye.y -= 0.1 * eye.x;
    float side = eye.x / (eye.x > 0.0 ? 0.92 : 0.78);
    float span = max(1.0 - side * side, 0.0);
    float upper = (lids.x - slant * eye.x) * pow(span, 0.52) - 0.04;
    float lower = lids.y * pow(span, 0.7) - 0.04;
    float beyond = 0.2 * step(1.0, abs(side)); // of the corners, where both edges are one line
    return vec2(upper - eye.y, eye.y - lower) - beyond;
  }
`;

/** Puts the coordinates at rest and `between` into a material's program. */
function prepared(program: WebGLProgramParametersWithUniforms, own: Eyes, fragment: string, colour: string, after = ""): void {
  Object.assign(program.uniforms, own);
  program.vertexShader = program.vertexShader
    .replace("#include <common>", "#include <common>\nvarying vec3 atRest;")
    .replace("#include <begin_vertex>", "#include <begin_vertex>\natRest = position;");
  program.fragmentShader = program.fragmentShader
    .replace("#include <common>", `#include <common>\n${SHARED}\n${fragment}`)
    .replace("#include <color_fragment>", `#include <color_fragment>\n${colour}`)
    .replace("#include <emissivemap_fragment>", `#include <emissivemap_fragment>\n${after}`);
}

const glsl = ({ r, g, b }: Color): string => `vec3(${r.toFixed(4)}, ${g.toFixed(4)}, ${b.toFixed(4)})`;

/** Smooth edges from multisampling; the canvas itself stays opaque. */
const EDGES = {
  alphaToCoverage: true,
  blending: CustomBlending,
  blendSrc: OneFactor,
  blendDst: ZeroFactor,
  blendSrcAlpha: ZeroFactor,
  blendDstAlpha: OneFactor,
} as const;

export function skinMaterial(own: Eyes): MeshStandardMaterial {
  const material = new MeshStandardMaterial({ vertexColors: true, roughness: 0.62, side: DoubleSide, ...EDGES });
  material.onBeforeCompile = (program) =>
    prepared(program, own, "", /* glsl */ `
      if (atRest.z > 0.3) {
        vec2 at;
        vec2 gap = between(at);
        float near = 1.0 - smoothstep(1.0, 1.35, length(at));
        float open = min(gap.x, gap.y);
        float sharp = max(fwidth(open), 1e-4);
        diffuseColor.a = mix(1.0, 1.0 - smoothstep(-sharp, sharp, open), step(length(at), 1.2));
        if (diffuseColor.a < 0.02) discard;
        float width = 0.055 + 0.05 * smoothstep(-0.5, 0.9, at.x);
        float ends = 1.0 - smoothstep(0.9, 1.06, abs(at.x - 0.02));
        float lashes = (1.0 - smoothstep(width * 0.7, width * 1.3, -gap.x)) * step(gap.x, 0.03) * step(-0.12, gap.y) * ends;
        float fold = exp(-pow((-gap.x - 0.26) / 0.055, 2.0)) * near * ends;
        float rim = exp(-pow(gap.y / 0.07, 2.0)) * step(0.0, gap.x + 0.15) * ends;
        diffuseColor.rgb *= 1.0 - 0.2 * fold - 0.22 * rim;
        diffuseColor.rgb = mix(diffuseColor.rgb, ${glsl(LINER)}, 0.94 * lashes);
      }
    `);
  return material;
}

/** Where on the eyeball a point lies, in radii. */
const BALL = /* glsl */ `
  uniform vec3 gaze;
  vec3 ball() {
    return (atRest - vec3(sign(atRest.x) * ${EYE[0]}, ${EYE[1].toFixed(3)}, ${EYE[2]})) / ${EYE_RADIUS};
  }
`;

export function eyeMaterial(own: Eyes): MeshStandardMaterial {
  const material = new MeshStandardMaterial({ color: 0xffffff, roughness: 0.22 });
  material.onBeforeCompile = (program) =>
    prepared(program, own, BALL, /* glsl */ `
      vec3 n = normalize(ball());
      // Both eyes meet a little before the one they look at, or they seem to look through them.
      vec3 toward = normalize(gaze + vec3(-0.045 * sign(atRest.x), 0.0, 0.0));
      float far = acos(clamp(dot(n, toward), -1.0, 1.0));
      vec3 across = n - toward * dot(n, toward);
      float turn = atan(across.y, across.x);
      float fibres = 0.5 + 0.5 * sin(turn * 26.0 + 3.0 * sin(turn * 5.0));
      vec3 iris = mix(vec3(0.30, 0.44, 0.36), vec3(0.055, 0.135, 0.125), smoothstep(0.2, 0.5, far));
      iris *= 0.82 + 0.18 * fibres;
      iris *= 1.0 + 0.9 * smoothstep(0.1, -0.9, across.y / 0.45);
      vec3 white = mix(vec3(0.93, 0.90, 0.87), vec3(0.80, 0.66, 0.60), smoothstep(0.55, 1.3, far));
      vec3 colour = mix(iris, white, smoothstep(0.49, 0.535, far));
      colour *= 1.0 - 0.75 * exp(-pow((far - 0.5) / 0.045, 2.0));
      colour = mix(vec3(0.006), colour, smoothstep(0.2, 0.235, far));
      vec2 at;
      vec2 gap = between(at);
      colour *= 0.42 + 0.58 * smoothstep(0.0, 0.42, gap.x);
      colour *= 0.75 + 0.25 * smoothstep(0.0, 0.2, gap.y);
      diffuseColor.rgb = colour;
    `, /* glsl */ `
      vec3 shine = normalize(ball());
      totalEmissiveRadiance += vec3(0.95) * smoothstep(0.985, 0.99, dot(shine, normalize(vec3(-0.24, 0.27, 1.0))));
      totalEmissiveRadiance += vec3(0.2) * smoothstep(0.99, 0.997, dot(shine, normalize(vec3(0.25, -0.22, 1.0))));
    `);
  return material;
}

/** Skin without eyes: ears, neck, hand. */
export function plainSkin(): MeshStandardMaterial {
  return new MeshStandardMaterial({ color: SKIN, roughness: 0.62 });
}
