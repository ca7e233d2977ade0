interface SecretInputProps {
  id: string;
  placeholder: string;
  value: string;
  onValue(value: string): void;
}

/** The field for a token or a key: hidden, and nothing that a browser offers to keep. */
export function SecretInput({ onValue, ...rest }: SecretInputProps) {
  return (
    <input
      {...rest}
      type="password"
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onValue(event.target.value.trim())}
    />
  );
}
