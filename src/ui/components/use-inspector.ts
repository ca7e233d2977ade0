import { type PointerEvent, useCallback, useEffect, useRef, useState } from 'react';
import { useActions, usePageState } from '../hooks.tsx';

const restMs = 140;
const graceMs = 260;

/** The token of the layer under a point, looking through the text field that lies above it. */
function tokenUnder(x: number, y: number): number | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const index = element instanceof HTMLElement ? element.dataset.i : undefined;
    if (index !== undefined) return Number(index);
  }
  return null;
}

/**
 * Which token is being looked at: the one a mouse rests on, a finger taps, or the caret's on request.
 * Leaving has a moment's grace, so that the pointer can travel into the list of alternatives.
 */
export function useInspector({ enabled }: { enabled: boolean }) {
  const actions = useActions();
  const index = usePageState((state) => state.inspected);
  const [focused, setFocused] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const close = useCallback(() => {
    clearTimeout(timer.current);
    setFocused(false);
    actions.inspect(null);
  }, [actions]);

  const open = useCallback(
    (at: number, focus: boolean) => {
      clearTimeout(timer.current);
      setFocused(focus);
      actions.inspect(at);
    },
    [actions],
  );

  useEffect(() => () => clearTimeout(timer.current), []);

  const later = (milliseconds: number, run: () => void) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(run, milliseconds);
  };

  const onPointerMove = (event: PointerEvent) => {
    if (!enabled || focused || event.pointerType !== 'mouse' || event.buttons !== 0) return;
    const at = tokenUnder(event.clientX, event.clientY);
    if (at === index) clearTimeout(timer.current);
    else if (at === null) later(graceMs, close);
    else later(index === null ? restMs : 60, () => open(at, false));
  };

  const onPointerUp = (event: PointerEvent) => {
    if (!enabled || event.pointerType === 'mouse') return;
    const at = tokenUnder(event.clientX, event.clientY);
    if (at !== null && at !== index) open(at, false);
    else close();
  };

  return {
    index,
    focused,
    open,
    close,
    hold: () => clearTimeout(timer.current),
    leave: () => {
      if (index === null) clearTimeout(timer.current);
      else if (!focused) later(graceMs, close);
    },
    pointer: { onPointerMove, onPointerUp },
  };
}
