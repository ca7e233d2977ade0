export function InsidePanel() {
  return <div className="panel" />;
}
