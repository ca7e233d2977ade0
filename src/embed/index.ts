export { VitrineDemo } from './demo.ts';
export { startFrame } from './frame.ts';
export { type FrameCommand, type FrameEvent, protocolVersion, readCommand } from './protocol.ts';
