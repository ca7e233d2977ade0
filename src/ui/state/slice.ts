import type { Services } from './environment.ts';
import type { PageStore } from './page-state.ts';

/** One slice of the store: its data and its actions. */
export type Slice<Part> = (
  services: Services,
) => (set: PageStore['setState'], get: PageStore['getState'], store: PageStore) => Part;
