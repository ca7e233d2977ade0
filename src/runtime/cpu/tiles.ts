import { panelRows } from './packed-matrix.ts';

export type Tile = (w: number, wStride: number, x: number, xEnd: number, y: number, yStride: number) => void;

export type Tiles = Record<'1x4' | '4x1' | '1x1', Tile>;

/** Tiles of a single row of x. */
export type RowTiles = Pick<Tiles, '4x1' | '1x1'>;

/** Where the operands of a product lie in the memory, and distances, in bytes. */
export interface TileLayout {
  w: number;
  /** Between two panels of weights. */
  wStride: number;
  x: number;
  /** Of a row of x. */
  xRow: number;
  y: number;
  paddedRows: number;
}

/** All panels times `count` rows of x: four rows at a time, then single ones over four panels. */
export function forTiles(tiles: Tiles, layout: TileLayout, count: number): void {
  const { w, wStride, xRow, paddedRows } = layout;
  const yStride = paddedRows * 4;
  const panels = paddedRows / panelRows;
  const fours = inFours(count);
  if (fours > 0) {
    for (let panel = 0; panel < panels; panel++) {
      for (let t = 0; t < fours; t += 4) {
        const x = layout.x + t * xRow;
        const y = layout.y + t * yStride + panel * panelRows * 4;
        tiles['1x4'](w + panel * wStride, wStride, x, x + 4 * xRow, y, yStride);
      }
    }
  }
  for (let t = fours; t < count; t++) multiplyRow(tiles, layout, t);
}

/** All panels times row `t` of x. */
export function multiplyRow(tiles: RowTiles, layout: TileLayout, t: number): void {
  const { wStride, xRow, paddedRows } = layout;
  const x = layout.x + t * xRow;
  let { w } = layout;
  let y = layout.y + t * paddedRows * 4;
  let panels = paddedRows / panelRows;
  for (; panels >= 4; panels -= 4, w += 4 * wStride, y += 16 * panelRows)
    tiles['4x1'](w, wStride, x, x + xRow, y, 0);
  for (; panels > 0; panels--, w += wStride, y += 4 * panelRows) tiles['1x1'](w, wStride, x, x + xRow, y, 0);
}

/** Rows that go through four at a time. */
export function inFours(count: number): number {
  return count - (count % 4);
}
