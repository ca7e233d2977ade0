export function DeviceDialog() {
  return null;
}
