import { roundTripConformance } from '../../../test/conformance/round-trips.js';
import { temporarySqliteStore } from '../../../test/support/temporary-sqlite.js';

roundTripConformance('SQLite', () => Promise.resolve(temporarySqliteStore()));
