/**
 * Loaded models for the AI SDK. Only its types are used: nothing of it is bundled.
 * @module vitrine/ai-sdk
 */
export { languageModel } from './language-model.ts';
export { createVitrine, type VitrineProvider } from './provider.ts';
