import type { Page } from 'playwright';
import type { Surroundings } from './visits.ts';

/** One of the page's states and how a visitor gets there; its name is that of the picture in docs/images. */
export interface PageState {
  name: string;
  /** Of the picture, in pixels. Default 1280 x 800. */
  size?: [width: number, height: number];
  /** Device pixels per CSS pixel. Default 1. */
  scale?: number;
  /** `none` has no WebGPU. Default `gpu`. */
  browser?: 'gpu' | 'none';
  media?: { dark?: boolean; still?: boolean };
  steps(page: Page, around: Surroundings): Promise<void>;
}
