import { type ReactNode, useId, useMemo, useState } from 'react';
import type { OptionName } from '../../generation/index.ts';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { cardSampling } from '../state/catalogue.ts';
import { type Control, controls, moreControls, presetOf, presetsFor } from '../state/settings.ts';
import { Banned } from './banned.tsx';
import { NextToken } from './next-token.tsx';

const words = messages.controls;

function Presets() {
  const actions = useActions();
  const model = usePageState((state) => state.model);
  const presets = useMemo(() => {
    const published = model?.card?.sampling ?? {};
    // What comes with the weights goes before what stands on the card.
    if (Object.keys(published).length > 0 || !model) return presetsFor(published);
    return presetsFor(cardSampling(model.id), messages.presets.card);
  }, [model]);
  const chosen = usePageState((state) => presetOf(state.settings, presets));
  return (
    <fieldset className="presets">
      <legend className="visually-hidden">{messages.presets.legend}</legend>
      {presets.map((preset) => (
        <button
          key={preset.name}
          type="button"
          className={preset.name === chosen ? 'small chosen' : 'small'}
          aria-pressed={preset.name === chosen}
          title={preset.explain}
          onClick={() => actions.set(preset.settings)}
        >
          {preset.name}
        </button>
      ))}
    </fieldset>
  );
}

/** True for what the model's server does not have. */
function useMissing(name: OptionName): boolean {
  return usePageState(({ model }) => model?.server != null && !model.server.supports(name));
}

interface LabelledProps {
  id: string;
  label: string;
  explain: ReactNode;
  off?: boolean;
  children: ReactNode;
}

/** A control between its label and its explanation, which has the id `${id}-why`. */
function Labelled({ id, label, explain, off, children }: LabelledProps) {
  return (
    <div className="control" data-off={off || undefined}>
      <label htmlFor={id}>{label}</label>
      {children}
      <p id={`${id}-why`} className="explain">
        {explain}
      </p>
    </div>
  );
}

function SliderControl({ control }: { control: Control }) {
  const actions = useActions();
  const value = usePageState((state) => state.settings[control.key]);
  const id = useId();
  const { key, min, max, step, off } = control;
  const missing = useMissing(key);
  const { label } = words[key];
  const explain = missing ? messages.server.noOption : words[key].explain;
  const set = (text: string) => {
    const number = Number(text);
    if (text !== '' && Number.isFinite(number) && number >= 0) actions.set({ [key]: number });
  };
  return (
    <Labelled {...{ id, label, explain }} off={missing || value === off}>
      <input
        className="control-number"
        type="number"
        disabled={missing}
        aria-label={words.exact(label)}
        {...{ min, step }}
        value={value}
        onChange={(event) => set(event.target.value)}
      />
      <input
        id={id}
        type="range"
        disabled={missing}
        aria-describedby={`${id}-why`}
        {...{ min, max, step }}
        value={Math.min(value, max)}
        onChange={(event) => set(event.target.value)}
      />
    </Labelled>
  );
}

function NumberControl({ name, min, max }: { name: 'maxNewTokens' | 'n'; min: number; max: number }) {
  const { label, explain } = words[name];
  const actions = useActions();
  const value = usePageState((state) => state.settings[name]);
  const id = useId();
  return (
    <Labelled {...{ id, label, explain }}>
      <input
        id={id}
        className="control-number"
        type="number"
        aria-describedby={`${id}-why`}
        {...{ min, max }}
        value={value}
        onChange={(event) => {
          const number = Math.round(Number(event.target.value));
          if (number >= min) actions.set({ [name]: Math.min(number, max) });
        }}
      />
    </Labelled>
  );
}

function SeedControl() {
  const actions = useActions();
  const seed = usePageState((state) => state.settings.seed);
  const last = usePageState((state) => state.run?.origin.seed ?? 1);
  const id = useId();
  return (
    <Labelled
      {...{ id }}
      label={words.seed.label}
      explain={
        <>
          {words.seed.explain}{' '}
          <button
            type="button"
            className="link"
            onClick={() => actions.set({ seed: seed === null ? last : null })}
          >
            {seed === null ? words.seed.keep : words.seed.random}
          </button>
        </>
      }
    >
      <input
        id={id}
        className="control-number wide"
        type="number"
        min={0}
        max={4294967295}
        placeholder={words.seed.placeholder}
        value={seed ?? ''}
        aria-describedby={`${id}-why`}
        onChange={(event) => {
          const text = event.target.value;
          actions.set({ seed: text === '' ? null : Number(text) >>> 0 });
        }}
      />
    </Labelled>
  );
}

function EndControls() {
  const actions = useActions();
  const stop = usePageState((state) => state.settings.stop);
  const eos = usePageState((state) => state.settings.eos);
  const slides = usePageState((state) => state.settings.overflow === 'slide');
  const noEos = useMissing('eos');
  const noSlide = useMissing('overflow');
  const id = useId();
  return (
    <>
      <div className="control stacked">
        <label htmlFor={`${id}-stop`}>{words.stop.label}</label>
        <textarea
          id={`${id}-stop`}
          className="field"
          rows={2}
          placeholder={words.stop.placeholder}
          value={stop}
          onChange={(event) => actions.set({ stop: event.target.value })}
        />
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={eos || noEos}
          disabled={noEos}
          onChange={(event) => actions.set({ eos: event.target.checked })}
        />
        {words.eos} {noEos && <span className="muted">{messages.server.noOption}</span>}
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={slides && !noSlide}
          disabled={noSlide}
          onChange={(event) => actions.set({ overflow: event.target.checked ? 'slide' : 'stop' })}
        />
        {words.slide} {noSlide && <span className="muted">{messages.server.noOption}</span>}
      </label>
    </>
  );
}

/** Open from the start where one of them is on. */
function MoreControls() {
  const settings = usePageState((state) => state.settings);
  const [open] = useState(() => moreControls.some(({ key, off }) => settings[key] !== off));
  return (
    <details className="more-controls" open={open}>
      <summary>{words.more}</summary>
      <div className="controls">
        {moreControls.map((control) => (
          <SliderControl key={control.key} control={control} />
        ))}
      </div>
    </details>
  );
}

/** Every control of the sampler, under a picture of what it does to the next token. */
export function SamplingPanel() {
  return (
    <div className="panel">
      <NextToken />
      <Presets />
      <div className="controls">
        {controls.map((control) => (
          <SliderControl key={control.key} control={control} />
        ))}
      </div>
      <MoreControls />
      <Banned />
      <div className="controls">
        <NumberControl name="maxNewTokens" min={1} max={4096} />
        <NumberControl name="n" min={1} max={8} />
        <SeedControl />
        <EndControls />
      </div>
    </div>
  );
}
