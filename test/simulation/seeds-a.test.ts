import { simulationGate } from './gate.js';

simulationGate(0);
