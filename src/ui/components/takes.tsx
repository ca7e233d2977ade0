export function Takes() {
  return null;
}
