import { useEffect, useRef } from 'react';
import type { GeneratedToken } from '../src/index.ts';

interface VitrineDemoProps {
  /** Where `embed.js` is, for example `https://demo.example/embed.js`. */
  script: string;
  prompt: string;
  maxNewTokens?: number;
  seed?: number;
  onToken?(token: GeneratedToken): void;
  onDone?(detail: { text: string; tokens: number }): void;
}

/** `<vitrine-demo>` as a React component: its script is added once, its events become callbacks. */
export function VitrineDemo({ script, prompt, maxNewTokens, seed, onToken, onDone }: VitrineDemoProps) {
  const place = useRef<HTMLDivElement>(null);
  const callbacks = useRef({ onToken, onDone });
  callbacks.current = { onToken, onDone };
  useEffect(() => {
    void import(/* @vite-ignore */ script);
    const demo = document.createElement('vitrine-demo');
    demo.setAttribute('prompt', prompt);
    if (maxNewTokens !== undefined) demo.setAttribute('max-new-tokens', String(maxNewTokens));
    if (seed !== undefined) demo.setAttribute('seed', String(seed));
    demo.addEventListener('token', (event) =>
      callbacks.current.onToken?.((event as CustomEvent<GeneratedToken>).detail),
    );
    demo.addEventListener('done', (event) =>
      callbacks.current.onDone?.((event as CustomEvent<{ text: string; tokens: number }>).detail),
    );
    place.current?.append(demo);
    return () => demo.remove();
  }, [script, prompt, maxNewTokens, seed]);
  return <div ref={place} />;
}
