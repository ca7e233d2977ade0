import { useId } from 'react';
import { useActions, usePageState } from '../hooks.tsx';
import { type Control, controls, presetOf, presets, type Settings } from '../state/settings.ts';
import { Banned } from './banned.tsx';
import { NextToken } from './next-token.tsx';

function Presets() {
  const actions = useActions();
  const chosen = usePageState((state) => presetOf(state.settings));
  return (
    <fieldset className="presets">
      <legend className="visually-hidden">Presets</legend>
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

function SliderControl({ control }: { control: Control }) {
  const actions = useActions();
  const value = usePageState((state) => state.settings[control.key]);
  const id = useId();
  const { key, label, min, max, step, off, explain } = control;
  const set = (text: string) => {
    const number = Number(text);
    if (text !== '' && Number.isFinite(number) && number >= 0) actions.set({ [key]: number });
  };
  return (
    <div className="control" data-off={value === off || undefined}>
      <label htmlFor={id}>{label}</label>
      <input
        className="control-number"
        type="number"
        aria-label={`${label}, exact`}
        {...{ min, step }}
        value={value}
        onChange={(event) => set(event.target.value)}
      />
      <input
        id={id}
        type="range"
        aria-describedby={`${id}-why`}
        {...{ min, max, step }}
        value={Math.min(value, max)}
        onChange={(event) => set(event.target.value)}
      />
      <p id={`${id}-why`} className="explain">
        {explain}
      </p>
    </div>
  );
}

function NumberControl(props: {
  name: 'maxNewTokens' | 'n';
  label: string;
  min: number;
  max: number;
  explain: string;
}) {
  const { name, label, min, max, explain } = props;
  const actions = useActions();
  const value = usePageState((state) => state.settings[name]);
  const id = useId();
  return (
    <div className="control">
      <label htmlFor={id}>{label}</label>
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
      <p id={`${id}-why`} className="explain">
        {explain}
      </p>
    </div>
  );
}

function SeedControl() {
  const actions = useActions();
  const seed = usePageState((state) => state.settings.seed);
  const last = usePageState((state) => state.run?.seed ?? 1);
  const id = useId();
  return (
    <div className="control">
      <label htmlFor={id}>Seed</label>
      <input
        id={id}
        className="control-number wide"
        type="number"
        min={0}
        max={4294967295}
        placeholder="new"
        value={seed ?? ''}
        aria-describedby={`${id}-why`}
        onChange={(event) => {
          const text = event.target.value;
          actions.set({ seed: text === '' ? null : Number(text) >>> 0 });
        }}
      />
      <p id={`${id}-why`} className="explain">
        Same seed, same text. Empty draws a new one each time.{' '}
        {seed === null ? (
          <button type="button" className="link" onClick={() => actions.set({ seed: last })}>
            Keep the last one
          </button>
        ) : (
          <button type="button" className="link" onClick={() => actions.set({ seed: null })}>
            Draw anew
          </button>
        )}
      </p>
    </div>
  );
}

function EndControls() {
  const actions = useActions();
  const settings = usePageState((state): Settings => state.settings);
  const id = useId();
  return (
    <>
      <div className="control stacked">
        <label htmlFor={`${id}-stop`}>Stop at</label>
        <textarea
          id={`${id}-stop`}
          className="field"
          rows={2}
          placeholder="one text per line"
          value={settings.stop}
          onChange={(event) => actions.set({ stop: event.target.value })}
        />
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={settings.eos}
          onChange={(event) => actions.set({ eos: event.target.checked })}
        />
        Stop at the model’s own end of text
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={settings.overflow === 'slide'}
          onChange={(event) => actions.set({ overflow: event.target.checked ? 'slide' : 'stop' })}
        />
        Go on past the context: let the oldest words slide out
      </label>
    </>
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
      <Banned />
      <div className="controls">
        <NumberControl
          name="maxNewTokens"
          label="Tokens to write"
          min={1}
          max={4096}
          explain="At most, per run."
        />
        <NumberControl
          name="n"
          label="Side by side"
          min={1}
          max={8}
          explain="Continuations written at once."
        />
        <SeedControl />
        <EndControls />
      </div>
    </div>
  );
}
