import { VitrineDemo } from './demo.ts';

/** Defines `<vitrine-demo>` where there are custom elements, unless it already is. */
export function define(): void {
  if (typeof customElements === 'undefined' || customElements.get('vitrine-demo')) return;
  customElements.define('vitrine-demo', VitrineDemo);
}
