export function AsidePanel() {
  return null;
}
