import { randomConformance } from '../../../test/conformance/random.js';
import { systemRandom } from './system-random.js';

randomConformance('system', () => systemRandom);
