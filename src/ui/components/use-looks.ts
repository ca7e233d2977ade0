import { useMemo } from 'react';
import { usePage, usePageState } from '../hooks.tsx';
import { looksOf } from '../state/attention-look.ts';

/** Where the head that Inside shows looks from the token that is pointed at in the sheet; null where that is not shown. */
export function useLooks(): readonly number[] | null {
  const { store } = usePage();
  const inside = usePageState((state) => (state.tab === 'inside' ? state.inside : null));
  const inspected = usePageState((state) => state.inspected);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the looks are made of
  return useMemo(() => looksOf(store.getState()), [store, inside, inspected]);
}
