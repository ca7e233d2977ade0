import { createContext, type ReactNode, useContext, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import type { Version } from './state/document.ts';
import type { Page } from './state/page.ts';
import type { PageActions, PageState } from './state/page-state.ts';
import { currentVersion } from './state/selectors.ts';

const PageContext = createContext<Page | null>(null);

export function PageProvider({ page, children }: { page: Page; children: ReactNode }) {
  return <PageContext value={page}>{children}</PageContext>;
}

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error('No page: render inside PageProvider.');
  return page;
}

/** Follows a part of the page's state. The selector must return something stable. */
export function usePageState<T>(select: (state: PageState) => T): T {
  return useStore(usePage().store, select);
}

export function useActions(): PageActions {
  return usePage().actions;
}

/** The text in front of the visitor. */
export function useCurrentVersion(): Version {
  return usePageState(currentVersion);
}

/** Listens on the window for as long as the component is there, always with the newest handler. */
export function useWindowEvent<K extends keyof WindowEventMap>(
  name: K,
  handler: (event: WindowEventMap[K]) => void,
  capture = false,
): void {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    const listen = (event: WindowEventMap[K]) => latest.current(event);
    addEventListener(name, listen, capture);
    return () => removeEventListener(name, listen, capture);
  }, [name, capture]);
}
