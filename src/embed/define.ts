import { VitrineDemo } from './demo.ts';

/** Defines `<vitrine-demo>` if custom elements are supported and it is not yet defined. */
export function define(): void {
  if (typeof customElements === 'undefined' || customElements.get('vitrine-demo')) return;
  customElements.define('vitrine-demo', VitrineDemo);
}
