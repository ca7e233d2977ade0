import { describe, expect, it } from 'vitest';
import {
  errorCodes,
  formatBytes,
  formatDuration,
  formatPerplexity,
  formatProbability,
  formatProgress,
  showToken,
} from '../../lib/index.ts';
import { errorTitles, recoveryLabels, unknownErrorTitle } from '../messages/index.ts';
import { errorView } from '../state/error-messages.ts';
import { fakeBackend } from '../state/fake-engine.ts';
import { fakeEnvironment } from '../state/fake-environment.ts';
import { createPage } from '../state/page.ts';
import { defaultSettings } from '../state/settings.ts';
import { readHub, readLink, writeEmbed, writeLink } from '../state/share.ts';
import { writeCode } from '../state/share-code.ts';
import { diagnostics } from './diagnostics.ts';
import { exportCsv } from './export-csv.ts';
import { exportHtml } from './export-html.ts';
import { exportRun } from './export-run.ts';
import { completeSentences } from './sentences.ts';
import { shadeOf } from './shade.ts';

function stateWith(text: string) {
  const state = createPage(fakeBackend(), fakeEnvironment()).store.getState();
  const token = { id: 1, text, origin: 'model' as const, logprob: Math.log(0.3), alternatives: null };
  return { ...state, versions: [{ id: state.current, tokens: [token], tail: text, run: null }] };
}

describe('links', () => {
  it('carry model, revision, prompt, seed and every setting there and back', () => {
    const settings = {
      ...defaultSettings,
      temperature: 0,
      topP: 0.9,
      stop: 'a b\nc&d',
      overflow: 'slide' as const,
      eos: false,
    };
    const link = writeLink('https://host/page/?old=1#x', {
      model: 'owner/name',
      revision: 'abc123',
      prompt: 'Ünï "code"\n& more',
      seed: 4294967295,
      settings,
      exact: null,
    });
    const back = readLink(new URL(link).search);
    expect(back.model).toBe('owner/name@abc123');
    expect(back.prompt).toBe('Ünï "code"\n& more');
    expect({ ...defaultSettings, ...back.settings }).toEqual({ ...settings, seed: 4294967295 });
  });

  it('name the hub that the page was opened with', () => {
    const what = {
      model: 'o/n',
      revision: '',
      prompt: 'x',
      seed: null,
      settings: defaultSettings,
      exact: null,
    };
    const link = writeLink('https://host/page/?hub=https://mirror.example/&model=other', what);
    expect(link).toBe(
      'https://host/page/?model=o%2Fn&hub=https%3A%2F%2Fmirror.example&prompt=x&max-new-tokens=120&temperature=0.8&top-k=40',
    );
  });

  it('become the code of an element and of a frame, whatever the text holds', () => {
    const nasty = 'Ünï "quoted" </vitrine-demo><script>alert(1)</script>\n& more';
    const { element, frame } = writeEmbed(
      'https://host/page/?old=1#x',
      {
        ...{ model: 'owner/name', revision: 'abc', prompt: nasty, seed: 3, exact: null },
        settings: { ...defaultSettings, stop: 'a\nb', n: 3, topP: 0.9 },
      },
      { colours: 'dark', inside: true },
    );
    expect(element).toBe(
      [
        '<script type="module" src="https://host/page/embed.js"></script>',
        '<vitrine-demo',
        '  model="owner/name@abc"',
        '  prompt="Ünï &quot;quoted&quot; &lt;/vitrine-demo>&lt;script>alert(1)&lt;/script>&#10;&amp; more"',
        '  seed="3"',
        '  max-new-tokens="120"',
        '  temperature="0.8"',
        '  top-k="40"',
        '  top-p="0.9"',
        '  stop="a&#10;b"',
        '  inside="true"></vitrine-demo>',
      ].join('\n'),
    );
    const [, src] = /src="([^"]*)"/.exec(frame) ?? [];
    const url = new URL((src ?? '').replaceAll('&amp;', '&'));
    expect(url.origin + url.pathname).toBe('https://host/page/embed.html');
    expect(url.searchParams.get('prompt')).toBe(nasty);
    expect([url.searchParams.get('theme'), url.searchParams.get('inside')]).toEqual(['dark', 'true']);
    expect(url.searchParams.getAll('stop')).toEqual(['a', 'b']);
    expect(frame).not.toContain('<script>');
  });

  it('ignore what makes no sense', () => {
    expect(readLink('?temperature=hot&top-k=-3&seed=').settings).toEqual({});
    expect(readHub('?hub=javascript:alert(1)')).toBeNull();
    expect(readHub('?hub=http://localhost:9000/')).toBe('http://localhost:9000');
  });
});

describe('the code of a shared text', () => {
  const what = { model: 'owner/name', revision: 'abc', prompt: 'x', seed: 3, settings: defaultSettings };

  it('names model, revision, weight type and what is not the default', () => {
    const exact = {
      ...{ ids: [5, 7], origins: ['you', 'you'] as const, logitBias: {}, revision: 'abc', dtype: 'int8' },
      ...{ run: { seed: 3, n: 1, sequence: 0, count: 4 }, checksum: null },
    };
    const code = writeCode('https://host/page/?hub=https://mirror.example#x', { ...what, exact });
    expect(code).toContain('from "https://host/page/vitrine.js";');
    expect(code).toContain('loadModel("owner/name@abc", {"dtype":"int8","hub":"https://mirror.example"})');
    expect(code).toContain('const start = [5,7];');
    const options = JSON.parse(/options = (\{.*?\});/s.exec(code)?.[1] ?? '') as object;
    expect(options).toMatchObject({ maxNewTokens: 120, temperature: 0.8, topK: 40, seed: 3 });
    expect(options).not.toHaveProperty('minP');
    expect(options).not.toHaveProperty('stop');
  });

  it('holds any prompt as text', () => {
    const prompt = 'a "quote"\n`x` </script>';
    const code = writeCode('https://host/', { ...what, prompt, exact: null });
    expect(code).toContain(`const start = ${JSON.stringify(prompt)};`);
  });
});

describe('tokens as CSV', () => {
  it('quotes what needs it, and leaves empty what is not known', () => {
    const state = stateWith('say "a, b"\n');
    const [head, ...rows] = exportCsv(state, null).split('\r\n');
    expect(head).toBe('index,id,text,origin,logprob,probability,bits,rank,entropy');
    expect(rows[0]).toMatch(/^0,\d+,"say ""a, b""\n",/);
    const version = state.versions[0];
    const token = {
      id: 4,
      text: ' b',
      origin: 'model',
      logprob: Math.log(0.25),
      alternatives: null,
    } as const;
    const known = { ...state, versions: [{ ...version, tokens: [token], tail: '' }] } as typeof state;
    expect(exportCsv(known, null).split('\r\n')[1]).toMatch(/^0,4, b,model,-1\.386\d+,0\.25,2,,$/);
    const score = { ranks: [3], entropies: [Math.LN2] };
    expect(exportCsv(known, score).split('\r\n')[1]).toMatch(/^0,4, b,model,-1\.386\d+,0\.25,2,3,1$/);
    const unknown = { ranks: [Number.NaN], entropies: [Number.NaN] };
    expect(exportCsv(known, unknown).split('\r\n')[1]).toMatch(/,2,,$/);
  });
});

describe('model text is only ever text', () => {
  const nasty = `<img src=x onerror="alert(1)">&'</title><script>`;

  it('is escaped in an exported page', () => {
    const html = exportHtml(stateWith(nasty));
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;');
  });

  it('is whole in an exported run and absent from diagnostics', () => {
    const state = { ...stateWith(nasty), settings: { ...defaultSettings, stop: nasty } };
    expect(JSON.parse(exportRun(state, 'now')).text).toBe(nasty + nasty);
    expect(diagnostics(state, 'agent')).not.toContain('onerror');
  });
});

describe('errors', () => {
  it.each(errorCodes)('%s has its own title and a next step with a name', (code) => {
    const { title, actions } = errorView({ code, message: '', during: 'load' }, null);
    expect(title).toBe(errorTitles[code]);
    expect(title).not.toBe(unknownErrorTitle);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(recoveryLabels[action]).toBeTruthy();
  });

  it('say on the page what a visitor can do, not what a programmer can', () => {
    const error = {
      code: 'context-overflow',
      message: "pass overflow: 'slide'",
      during: 'generate',
    } as const;
    expect(errorView(error, null).text).not.toContain('overflow:');
  });
});

describe('words', () => {
  it('are said by the sentence', () => {
    expect(completeSentences('One. Two! "Three?" Fo')).toBe('One. Two! "Three?" ');
    expect(completeSentences('no end')).toBe('');
    expect(completeSentences('3.14 is')).toBe('');
  });

  it('format bytes, times and odds', () => {
    expect([999, 11_843_928, 548_105_171, 6_431_878_936].map(formatBytes)).toEqual([
      '999 B',
      '11.8 MB',
      '548 MB',
      '6.43 GB',
    ]);
    expect([8, 125, 4200].map(formatDuration)).toEqual(['8 s', '2 min 5 s', '1 h 10 min']);
    expect([1, 0.634, 0.042, 0.0003, 0.000001].map(formatProbability)).toEqual([
      '100 %',
      '63 %',
      '4.2 %',
      '0.03 %',
      '<0.01 %',
    ]);
    expect([9.28, 999.94, 48370.9].map(formatPerplexity)).toEqual(['9.3', '999.9', '48,371']);
    expect(showToken(' a\n')).toBe('·a↵');
  });

  it('how far a load is, its rate and rest once they are known', () => {
    const progress = { phase: 'weights' as const, file: '', totalBytes: 2_311_280, fromCache: false };
    const begun = { ...progress, loadedBytes: 0, bytesPerSecond: 0 };
    expect(formatProgress(begun)).toBe('0 B of 2.31 MB');
    const going = { ...progress, loadedBytes: 147_000, bytesPerSecond: 221_000, secondsLeft: 9.8 };
    expect(formatProgress(going)).toBe('147 kB of 2.31 MB, 221 kB/s, 10 s left');
    expect(formatProgress({ ...going, fromCache: true })).toBe('147 kB of 2.31 MB, 10 s left');
  });

  it('shade by probability', () => {
    expect([0.95, 0.7, 0.3, 0.1, 0.02, 0.001].map((p) => shadeOf(Math.log(p)))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(shadeOf(null)).toBeNull();
    expect(shadeOf(Number.NaN)).toBeNull();
  });
});
