import { useMemo } from 'react';
import { useCurrentVersion, usePageState } from '../hooks.tsx';
import { type Comparison, compare, leadOf } from '../state/second-reading.ts';
import { readingKey } from '../state/second-slice.ts';

/** How the two models read the text as it is; null while the second has not read it. */
export function useComparison(): Comparison | null {
  const { tokens, tail } = useCurrentVersion();
  const reading = usePageState((state) => state.second.reading);
  return useMemo(() => {
    if (!reading || tail !== '' || reading.ids !== readingKey(tokens)) return null;
    return compare(tokens, reading.logprobs);
  }, [tokens, tail, reading]);
}

/** For each token how far the second model leads, where the text is shaded by that; null where it is not. */
export function useLeads(): readonly number[] | null {
  const comparison = useComparison();
  const shading = usePageState((state) => state.second.shading);
  return useMemo(() => (shading && comparison ? comparison.bits.map(leadOf) : null), [shading, comparison]);
}
