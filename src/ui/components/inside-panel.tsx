import { lazy, Suspense } from 'react';

// The view is a part of its own: it arrives when it is opened.
const InsideView = lazy(async () => ({ default: (await import('./inside/inside-view.tsx')).InsideView }));

/** The inside of the model, as wide as there is room beside the text. */
export function InsidePanel() {
  return (
    <Suspense>
      <InsideView />
    </Suspense>
  );
}
