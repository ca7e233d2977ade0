export { play } from './player.ts';
export { findRecording } from './recording.ts';
