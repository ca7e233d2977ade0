export function Surprisal() {
  return null;
}
