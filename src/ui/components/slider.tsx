import { useId } from 'react';

interface SliderProps {
  label: string;
  value: number;
  max: number;
  onChange(value: number): void;
}

/** Picks one of max + 1 numbered things; shown counting from 1. */
export function Slider({ label, value, max, onChange }: SliderProps) {
  const id = useId();
  return (
    <div className="slider">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={1}
        max={max + 1}
        value={value + 1}
        onChange={(event) => onChange(Number(event.target.value) - 1)}
      />
      <output htmlFor={id} className="figure-number">
        {value + 1}
      </output>
    </div>
  );
}
