import { attributeNames, propertyName } from './options.ts';

/** `prompt` is an accessor of its own, and `stop` is what the element does. */
const reflected = attributeNames.filter((name) => name !== 'prompt' && name !== 'stop');

/** Properties that may have been set before the element was defined. */
export const propertyNames: readonly string[] = ['prompt', ...reflected.map(propertyName)];

/** Re-applies a property set before the element was defined, since it shadows the accessor of the class. */
export function adopt<Demo extends HTMLElement, Name extends keyof Demo>(demo: Demo, name: Name): void {
  if (!Object.hasOwn(demo, name)) return;
  const value = demo[name];
  delete demo[name];
  demo[name] = value;
}

/** Defines properties that reflect the attributes of the same name. */
export function reflect(prototype: HTMLElement): void {
  for (const attribute of reflected) {
    Object.defineProperty(prototype, propertyName(attribute), {
      configurable: true,
      enumerable: true,
      get(this: HTMLElement) {
        return this.getAttribute(attribute);
      },
      set(this: HTMLElement, value: string | number | boolean | null | undefined) {
        if (value === null || value === undefined) this.removeAttribute(attribute);
        else this.setAttribute(attribute, String(value));
      },
    });
  }
}
