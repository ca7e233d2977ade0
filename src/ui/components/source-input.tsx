interface SourceInputProps {
  id: string;
  placeholder: string;
  source: string;
  onSource(source: string): void;
  /** Id of a list of sources to choose from. */
  list?: string;
}

/** The field for a hub id or an address. */
export function SourceInput({ source, onSource, ...rest }: SourceInputProps) {
  return (
    <input
      {...rest}
      type="text"
      inputMode="url"
      autoCapitalize="off"
      autoComplete="off"
      spellCheck={false}
      value={source}
      onChange={(event) => onSource(event.target.value)}
    />
  );
}
