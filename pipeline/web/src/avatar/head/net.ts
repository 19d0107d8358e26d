/** Meshes from fields: naive surface nets (Gibson, "Constrained Elastic Surface Nets", 1998). */

import { BufferAttribute, BufferGeometry } from "three";

import type { Field } from "./field";

type Point = readonly [x: number, y: number, z: number];

/** The surface of a field within a box, in cells of `cell`. Normals are the field's own slope, so that forms look smooth. */
export function net(field: Field, low: Point, high: Point, cell: number): BufferGeometry {
  const nx = Math.ceil((high[0] - low[0]) / cell) + 1;
  const ny = Math.ceil((high[1] - low[1]) / cell) + 1;
  const nz = Math.ceil((high[2] - low[2]) / cell) + 1;
  const values = sampled(field, low, [nx, ny, nz], cell);
  const at = (i: number, j: number, k: number): number => i + nx * (j + ny * k);
  const vertex = new Int32Array(values.length).fill(-1);
  const positions: number[] = [];
  const indices: number[] = [];
  for (let k = 0; k < nz - 1; k++) {
    for (let j = 0; j < ny - 1; j++) {
      for (let i = 0; i < nx - 1; i++) {
        const place = crossing(values, at, i, j, k);
        if (!place) continue;
        vertex[at(i, j, k)] = positions.length / 3;
        positions.push(low[0] + (i + place[0]) * cell, low[1] + (j + place[1]) * cell, low[2] + (k + place[2]) * cell);
        const here = values[at(i, j, k)]! < 0;
        const quad = (a: number, b: number, c: number, d: number, flip: boolean): void => {
          const [p, q, r, s] = [vertex[a]!, vertex[b]!, vertex[c]!, vertex[d]!];
          if (flip) indices.push(p, r, q, p, s, r);
          else indices.push(p, q, r, p, r, s);
        };
        if (j > 0 && k > 0 && here !== values[at(i + 1, j, k)]! < 0)
          quad(at(i, j, k), at(i, j - 1, k), at(i, j - 1, k - 1), at(i, j, k - 1), !here);
        if (i > 0 && k > 0 && here !== values[at(i, j + 1, k)]! < 0)
          quad(at(i, j, k), at(i, j, k - 1), at(i - 1, j, k - 1), at(i - 1, j, k), !here);
        if (i > 0 && j > 0 && here !== values[at(i, j, k + 1)]! < 0)
          quad(at(i, j, k), at(i - 1, j, k), at(i - 1, j - 1, k), at(i, j - 1, k), !here);
      }
    }
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(positions), 3));
  geometry.setAttribute("normal", new BufferAttribute(slopes(field, positions, cell / 2), 3));
  geometry.setIndex(indices);
  return geometry;
}

function sampled(field: Field, low: Point, [nx, ny, nz]: Point, cell: number): Float32Array {
  const values = new Float32Array(nx * ny * nz);
  let n = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) values[n++] = field(low[0] + i * cell, low[1] + j * cell, low[2] + k * cell);
  return values;
}

/** The mean of the points where the surface crosses the edges of a cell, within it; null where it does not. */
function crossing(
  values: Float32Array, at: (i: number, j: number, k: number) => number, i: number, j: number, k: number,
): [number, number, number] | null {
  let x = 0, y = 0, z = 0, count = 0;
  for (let corner = 0; corner < 8; corner++) {
    const a = values[at(i + (corner & 1), j + ((corner >> 1) & 1), k + (corner >> 2))]!;
    for (let axis = 1; axis < 8; axis <<= 1) {
      if (corner & axis) continue;
      const other = corner | axis;
      const b = values[at(i + (other & 1), j + ((other >> 1) & 1), k + (other >> 2))]!;
      if (a < 0 === b < 0) continue;
      const t = a / (a - b);
      x += (corner & 1) + (axis === 1 ? t : 0);
      y += ((corner >> 1) & 1) + (axis === 2 ? t : 0);
      z += (corner >> 2) + (axis === 4 ? t : 0);
      count++;
    }
  }
  return count ? [x / count, y / count, z / count] : null;
}

/** Directions in which the field grows, of length 1, three numbers a point. */
export function slopes(field: Field, positions: ArrayLike<number>, reach: number): Float32Array {
  const normals = new Float32Array(positions.length);
  for (let n = 0; n < positions.length; n += 3) {
    const x = positions[n]!, y = positions[n + 1]!, z = positions[n + 2]!;
    const dx = field(x + reach, y, z) - field(x - reach, y, z);
    const dy = field(x, y + reach, z) - field(x, y - reach, z);
    const dz = field(x, y, z + reach) - field(x, y, z - reach);
    const length = Math.hypot(dx, dy, dz) || 1;
    normals[n] = dx / length;
    normals[n + 1] = dy / length;
    normals[n + 2] = dz / length;
  }
  return normals;
}
