// Squarified treemaps: areas by value, as near to squares as can be. After M. Bruls, K. Huizing and
// J. van Wijk, "Squarified Treemaps", 2000.
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Placed<T> extends Box {
  item: T;
}

// The worst ratio of sides in a row of areas along a side.
function worst(areas: readonly number[], sum: number, side: number): number {
  const most = Math.max(...areas);
  const least = Math.min(...areas);
  return Math.max((side * side * most) / (sum * sum), (sum * sum) / (side * side * least));
}

// Items without a value have no area and are left out. O(n log n).
export function squarified<T>(
  items: readonly T[],
  valueOf: (item: T) => number,
  box: Box,
): Placed<T>[] {
  const wanted = items.filter((one) => valueOf(one) > 0).sort((a, b) => valueOf(b) - valueOf(a));
  const total = wanted.reduce((sum, one) => sum + valueOf(one), 0);
  if (total <= 0 || box.width <= 0 || box.height <= 0) return [];
  const scale = (box.width * box.height) / total;
  const placed: Placed<T>[] = [];
  let rest = { ...box };
  let row: T[] = [];
  let areas: number[] = [];
  let sum = 0;

  const lay = () => {
    const wide = rest.width >= rest.height;
    const side = wide ? rest.height : rest.width;
    const depth = sum / side;
    let at = 0;
    row.forEach((item, index) => {
      const length = (areas[index] ?? 0) / depth;
      placed.push(
        wide
          ? { item, x: rest.x, y: rest.y + at, width: depth, height: length }
          : { item, x: rest.x + at, y: rest.y, width: length, height: depth },
      );
      at += length;
    });
    rest = wide
      ? { ...rest, x: rest.x + depth, width: Math.max(0, rest.width - depth) }
      : { ...rest, y: rest.y + depth, height: Math.max(0, rest.height - depth) };
    row = [];
    areas = [];
    sum = 0;
  };

  for (const item of wanted) {
    const area = valueOf(item) * scale;
    const side = Math.min(rest.width, rest.height);
    if (row.length > 0 && worst([...areas, area], sum + area, side) > worst(areas, sum, side))
      lay();
    row.push(item);
    areas.push(area);
    sum += area;
  }
  if (row.length > 0) lay();
  return placed;
}
