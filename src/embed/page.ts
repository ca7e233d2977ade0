import { startFrame } from './frame.ts';
import './page.css';

startFrame();
