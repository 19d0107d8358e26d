/** Light, camera and surroundings, and the loop that draws. */

import {
  BackSide, Color, DirectionalLight, HemisphereLight, Mesh, NeutralToneMapping, PCFShadowMap, PerspectiveCamera, Scene,
  ShaderMaterial, SphereGeometry, WebGLRenderer, type Vector3,
} from "three";

import type { Theme } from "./contract";

/** Colours of the surroundings, from above to below. */
const SKIES: Record<Theme, readonly [string, string]> = {
  light: ["#f4efe9", "#d9cfc6"],
  dark: ["#262a33", "#12141a"],
};

export class Stage {
  readonly scene = new Scene();
  readonly camera = new PerspectiveCamera(22, 1, 0.05, 60);
  readonly renderer: WebGLRenderer;
  readonly key = new DirectionalLight("#fff3e6", 2.3);
  readonly sky: Mesh<SphereGeometry, ShaderMaterial>;
  private readonly fill = new HemisphereLight("#ffffff", "#c9a792", 1.1);
  private readonly rim = new DirectionalLight("#bcd7ff", 2.2);

  /** Throws an Error where there is no WebGL 2. */
  constructor(private readonly canvas: HTMLCanvasElement, theme: Theme) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: "low-power" });
    this.renderer.toneMapping = NeutralToneMapping;
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.sky = sky();
    const { shadow } = this.key;
    this.key.castShadow = true;
    shadow.mapSize.set(1024, 1024);
    shadow.radius = 5;
    shadow.bias = -0.0004;
    shadow.normalBias = 0.012;
    Object.assign(shadow.camera, { left: -0.4, right: 0.4, top: 0.4, bottom: -0.4, near: 0.2, far: 4 });
    this.scene.add(this.sky, this.key, this.key.target, this.fill, this.rim, this.rim.target);
    this.theme(theme);
    this.resize();
  }

  theme(theme: Theme): void {
    const [above, below] = SKIES[theme];
    const { uniforms } = this.sky.material;
    uniforms["above"]!.value.set(above);
    uniforms["below"]!.value.set(below);
    this.fill.intensity = theme === "dark" ? 1.3 : 1.9;
    this.rim.intensity = theme === "dark" ? 2.6 : 1.6;
  }

  /** Looks at a face whose eyes are at `eyes`, and lights it. */
  frame(eyes: Vector3): void {
    const { x, y, z } = eyes;
    this.camera.position.set(x, y - 0.02, z + 1.12);
    this.camera.lookAt(x, y - 0.045, z);
    this.key.position.set(x - 0.75, y + 0.95, z + 1.2);
    this.key.target.position.set(x, y - 0.05, z - 0.1);
    this.rim.position.set(x + 0.9, y + 0.5, z - 1.1);
    this.rim.target.position.copy(this.key.target.position);
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || this.renderer.xr.isPresenting) return;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    // A narrow canvas shows the shoulders' width all the same.
    this.camera.fov = this.camera.aspect < 0.8 ? Math.min(22 * (0.8 / this.camera.aspect), 40) : 22;
    this.camera.updateProjectionMatrix();
  }

  render(): void {
    this.renderer.render(this.scene, this.camera);
  }
}

/** A sphere around everything, whose colour changes from above to below; it takes no light. */
function sky(): Mesh<SphereGeometry, ShaderMaterial> {
  const material = new ShaderMaterial({
    side: BackSide,
    depthWrite: false,
    uniforms: { above: { value: new Color() }, below: { value: new Color() } },
    vertexShader: /* glsl */ `
      varying vec3 place;
      void main() {
        place = position;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }
    `,
    fragmentShader: /* glsl */ `
      uniform vec3 above, below;
      varying vec3 place;
      void main() {
        vec3 towards = normalize(place);
        gl_FragColor = vec4(mix(below, above, smoothstep(-0.35, 0.35, towards.y + 0.12 * length(towards.xy))), 1.0);
        #include <colorspace_fragment>
        // Noise of one step hides the steps of so soft a change.
        gl_FragColor.rgb += (fract(sin(dot(gl_FragCoord.xy, vec2(12.9898, 78.233))) * 43758.5453) - 0.5) / 255.0;
      }
    `,
  });
  const mesh = new Mesh(new SphereGeometry(30, 32, 16), material);
  mesh.renderOrder = -1;
  return mesh;
}
