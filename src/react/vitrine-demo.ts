import { createElement, type HTMLAttributes, type ReactElement, type Ref, useEffect } from 'react';
import type { VitrineDemo as Element, VitrineDemoEvents, VitrineDemoSettings } from '../embed/element.ts';

/** The element, by what others see of it. */
export type VitrineDemoElement = HTMLElement & Pick<Element, Exclude<keyof Element, keyof HTMLElement>>;

type Callbacks = {
  [Name in keyof VitrineDemoEvents as `on${Capitalize<Name>}`]?: (detail: VitrineDemoEvents[Name]) => void;
};

type OwnProps = Partial<VitrineDemoSettings> &
  Callbacks & {
    /** The initial prompt; another value replaces what a reader has typed. */
    prompt?: string;
    /** Generation ends before any of these. */
    stop?: string | readonly string[];
    /** The element, with `generate()` and `stop()`. */
    ref?: Ref<VitrineDemoElement>;
  };

export type VitrineDemoProps = OwnProps &
  Omit<HTMLAttributes<HTMLElement>, keyof OwnProps | 'children' | 'dangerouslySetInnerHTML'>;

/**
 * `<vitrine-demo>` with typed props: its attributes in camel case, and a callback for the detail of each event. The element
 * is defined once this is on a page; nothing else is fetched before a reader activates it.
 */
export function VitrineDemo(props: VitrineDemoProps): ReactElement {
  useEffect(() => void import('../embed/element.ts'), []);
  const { onReady, onToken, onTake, onDone, onError, stop, ...settings } = props;
  const attributes = Object.entries(settings).map(([name, value]) => attribute(name, value));
  return createElement('vitrine-demo', {
    ...Object.fromEntries(attributes),
    ...listeners({ ready: onReady, token: onToken, take: onTake, done: onDone, error: onError }),
    // Under its own name React would put it in place of the method. HTML's attributes know no case.
    STOP: typeof stop === 'object' ? stop.join('\n') : stop,
  });
}

/** Settings whose attribute is not the property's name. */
const attributeNames = new Map<string, string>(
  (
    [
      'maxNewTokens',
      'topK',
      'topP',
      'minP',
      'typicalP',
      'repetitionPenalty',
      'frequencyPenalty',
      'presencePenalty',
      'noRepeatNgramSize',
      'dryMultiplier',
      'dryBase',
      'dryAllowedLength',
      'topNSigma',
      'dynatempRange',
      'dynatempExponent',
      'mirostatTau',
      'mirostatEta',
      'allowRemote',
    ] as const satisfies readonly (keyof VitrineDemoSettings)[]
  ).map((name) => [name, name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)]),
);

/** Numbers and switches as text: React leaves out an attribute that is false, which here may mean something. */
function attribute(name: string, value: unknown): [string, unknown] {
  const plain = typeof value === 'number' || typeof value === 'boolean';
  return [attributeNames.get(name) ?? name, plain ? String(value) : value];
}

type Listeners = {
  [Name in keyof VitrineDemoEvents]: ((detail: VitrineDemoEvents[Name]) => void) | undefined;
};

/** React listens to events of an element by their exact names. */
function listeners(callbacks: Listeners): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(callbacks).flatMap(([name, callback]) =>
      callback ? [[`on${name}`, ({ detail }: CustomEvent) => callback(detail as never)]] : [],
    ),
  );
}
