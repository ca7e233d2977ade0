import { type PointerEvent, type TouchEvent, useCallback, useEffect, useRef, useState } from 'react';
import { useActions, usePageState } from '../hooks.tsx';

const restMs = 140;
const graceMs = 260;

/** What opened the alternatives: each has its own way of leaving. */
export type Opening = 'mouse' | 'touch' | 'keyboard' | 'plot';

/** The token of the layer under a point, looking through the text field that lies above it. */
function tokenUnder(x: number, y: number): number | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const index = element instanceof HTMLElement ? element.dataset.i : undefined;
    if (index !== undefined) return Number(index);
  }
  return null;
}

/** One timer; setting it again forgets what it was set for. */
function useTimer() {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const cancel = useCallback(() => clearTimeout(timer.current), []);
  const later = useCallback((milliseconds: number, run: () => void) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(run, milliseconds);
  }, []);
  return { cancel, later };
}

type Timer = ReturnType<typeof useTimer>;

interface TapActions {
  index: number | null;
  open(at: number): void;
  close(): void;
  edit(at: number): void;
}

/** A tap opens the alternatives of a word and leaves the keyboard down; a second one on the same word edits there. */
function useTaps(enabled: boolean, { index, open, close, edit }: TapActions) {
  const longPress = useRef(false);
  const taken = useRef(false);
  return {
    onPointerDown() {
      longPress.current = false;
    },
    // A long press selects a word, which is no tap.
    onContextMenu() {
      longPress.current = true;
    },
    onPointerUp(event: PointerEvent) {
      taken.current = false;
      if (!enabled || event.pointerType === 'mouse' || longPress.current) return;
      const at = tokenUnder(event.clientX, event.clientY);
      if (at === null) return close();
      taken.current = true;
      if (at === index) edit(at);
      else open(at);
    },
    // Comes after the pointer is up; what would follow it is the click that gives the field the focus.
    onTouchEnd(event: TouchEvent) {
      if (taken.current) event.preventDefault();
    },
  };
}

interface HoverActions {
  index: number | null;
  opening: Opening;
  open(at: number): void;
  close(): void;
}

/** Opens the alternatives of the token a mouse rests on, and closes them some time after it left. */
function useHover(enabled: boolean, { cancel, later }: Timer, { index, opening, open, close }: HoverActions) {
  return {
    onPointerMove(event: PointerEvent) {
      const busy = event.pointerType !== 'mouse' || event.buttons !== 0;
      if (!enabled || busy || (index !== null && opening !== 'mouse')) return;
      const at = tokenUnder(event.clientX, event.clientY);
      if (at === index) cancel();
      else if (at === null) later(graceMs, close);
      else later(index === null ? restMs : 60, () => open(at));
    },
    /** Only a mouse that opened the list leaves it; a finger is gone after every touch. */
    leave(event: PointerEvent) {
      if (event.pointerType !== 'mouse') return;
      if (index === null) cancel();
      else if (opening === 'mouse') later(graceMs, close);
    },
  };
}

/**
 * Which token is being looked at: the one a mouse rests on, a finger taps, or the caret's on request.
 * Leaving has a moment's grace, so that the pointer can travel into the list of alternatives.
 */
export function useInspector({ enabled, onEdit }: { enabled: boolean; onEdit(at: number): void }) {
  const actions = useActions();
  const index = usePageState((state) => state.inspected);
  const [opening, setOpening] = useState<Opening>('plot');
  const timer = useTimer();
  const { cancel } = timer;

  const close = useCallback(() => {
    cancel();
    setOpening('plot');
    actions.inspect(null);
  }, [actions, cancel]);

  const open = (at: number, by: Opening) => {
    cancel();
    setOpening(by);
    actions.inspect(at);
  };

  const edit = (at: number) => {
    close();
    onEdit(at);
  };

  const { onPointerMove, leave } = useHover(enabled, timer, {
    ...{ index, opening, close },
    open: (at) => open(at, 'mouse'),
  });
  const taps = useTaps(enabled, { index, open: (at) => open(at, 'touch'), close, edit });

  const pointer = { onPointerMove, ...taps };
  return { index, opening, open, close, edit, hold: cancel, leave, pointer };
}

export type Inspector = ReturnType<typeof useInspector>;
