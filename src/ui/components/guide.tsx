import { useEffect, useRef } from 'react';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import type { Page } from '../state/page.ts';
import { currentVersion } from '../state/selectors.ts';
import { Icon } from './icon.tsx';

const words = messages.guide;

/** What each step does with the real controls, and the part of the page where it is seen. */
const steps: readonly { run(page: Page): void | Promise<void>; shown: string }[] = [
  { run: ({ actions }) => actions.setChips(true), shown: '.token-chips' },
  { run: showSampling, shown: '.next' },
  {
    async run(page) {
      showSampling(page);
      await page.actions.step();
    },
    shown: '.next',
  },
  {
    run(page) {
      showSampling(page);
      page.actions.set({ temperature: 1.5 });
    },
    shown: '.next',
  },
  {
    run({ actions, store }) {
      actions.setChips(false);
      const { tokens } = currentVersion(store.getState());
      if (tokens.length > 1) actions.inspect(Math.ceil(tokens.length / 2));
    },
    shown: '.alternatives',
  },
  {
    run({ actions }) {
      actions.setInside({ tab: 'attention' });
      actions.openTab('inside');
    },
    shown: '[data-testid=inside]',
  },
];

function showSampling({ actions }: Page): void {
  actions.inspect(null);
  actions.openTab('sampling');
}

async function runStep(page: Page, step: number): Promise<void> {
  const { run, shown } = steps[step] ?? {};
  await run?.(page);
  // What the step shows is there after the next paint.
  requestAnimationFrame(() => {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const behavior = still ? 'auto' : 'smooth';
    if (shown) document.querySelector(shown)?.scrollIntoView({ block: 'nearest', behavior });
  });
}

interface StepsProps {
  step: number;
  ready: boolean;
}

function Steps({ step, ready }: StepsProps) {
  const page = usePage();
  const { setGuide } = useActions();
  const text = words.steps[step];
  const last = step === steps.length - 1;
  return (
    <>
      <h2>
        {text?.title} <span className="muted guide-position">{words.position(step + 1, steps.length)}</span>
      </h2>
      <p>{text?.text}</p>
      <div className="row">
        <button type="button" disabled={!ready} onClick={() => void runStep(page, step)}>
          {text?.action}
        </button>
        <span className="push row">
          <button type="button" className="quiet" disabled={step === 0} onClick={() => setGuide(step - 1)}>
            {words.back}
          </button>
          <button type="button" className="primary" onClick={() => setGuide(last ? null : step + 1)}>
            {last ? words.done : words.next}
          </button>
        </span>
      </div>
    </>
  );
}

/** Six steps through how the model writes, on the visitor's own text and with the page's own controls. */
export function Guide() {
  const { setGuide } = useActions();
  const step = usePageState((state) => state.guide);
  const ready = usePageState((state) => state.phase === 'ready');
  const box = useRef<HTMLElement>(null);
  const open = step !== null;
  useEffect(() => {
    if (open) box.current?.focus();
  }, [open]);
  if (step === null) return null;
  return (
    <section ref={box} className="guide" aria-label={words.label} data-testid="guide" tabIndex={-1}>
      <button
        type="button"
        className="quiet tiny guide-close"
        aria-label={words.close}
        onClick={() => setGuide(null)}
      >
        <Icon name="close" />
      </button>
      <Steps step={step} ready={ready} />
    </section>
  );
}
