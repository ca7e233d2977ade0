import { type RefObject, useEffect } from 'react';
import { useWindowEvent } from '../hooks.tsx';

/**
 * Closes a popover on Escape, on a press or a focus elsewhere, and when what is under it scrolls away.
 * @param keep an element outside of it whose presses it handles itself
 */
export function useDismiss(box: RefObject<HTMLElement | null>, keep: string, close: () => void): void {
  const elsewhere = ({ target }: Event) => {
    if (!(target instanceof Element)) return;
    if (!box.current?.contains(target) && !target.closest(keep)) close();
  };
  useWindowEvent('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  });
  useWindowEvent('pointerdown', elsewhere, true);
  useWindowEvent('focusin', (event) => {
    // A press focuses the nearest focusable element around it, which may be around the popover as well.
    if (event.target instanceof Element && !event.target.contains(box.current)) elsewhere(event);
  });
  useWindowEvent('resize', close);
  useEffect(() => {
    const onScroll = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) close();
    };
    // What the opening itself scrolls into view is over by then.
    const timer = setTimeout(() => addEventListener('scroll', onScroll, true), 150);
    return () => {
      clearTimeout(timer);
      removeEventListener('scroll', onScroll, true);
    };
  }, [box, close]);
}
