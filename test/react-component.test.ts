import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { attributeNames, propertyName } from '../src/embed/options.ts';
import { VitrineDemo, type VitrineDemoProps } from '../src/react/index.ts';

const rendered = (props: VitrineDemoProps) => renderToStaticMarkup(createElement(VitrineDemo, props));

describe('the React component', () => {
  it('has every attribute of the element as a prop', () => {
    for (const attribute of attributeNames) {
      const markup = rendered({ [propertyName(attribute)]: 'value' });
      // HTML's attributes know no case.
      expect(markup.toLowerCase()).toBe(`<vitrine-demo ${attribute}="value"></vitrine-demo>`);
    }
  });

  it('writes numbers and switches as the element reads them, and leaves out what is not given', () => {
    const markup = rendered({ maxNewTokens: 4, eos: false, inside: true, seed: null, stop: ['a', 'b'] });
    expect(markup.toLowerCase()).toBe(
      '<vitrine-demo max-new-tokens="4" eos="false" inside="true" stop="a\nb"></vitrine-demo>',
    );
    expect(rendered({ model: null, temperature: null, onToken: () => {} })).toBe(
      '<vitrine-demo></vitrine-demo>',
    );
  });

  it('passes on what any element of HTML has', () => {
    const markup = rendered({ className: 'wide', id: 'demo', style: { width: 40 }, 'aria-label': 'A demo' });
    for (const part of ['class="wide"', 'id="demo"', 'width:40px', 'aria-label="A demo"'])
      expect(markup).toContain(part);
  });
});
