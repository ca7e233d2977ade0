/**
 * `<vitrine-demo>` as a component of React 19: attributes as typed props, events as callbacks.
 * @module vitrine/react
 */
export { VitrineDemo, type VitrineDemoElement, type VitrineDemoProps } from './vitrine-demo.ts';
