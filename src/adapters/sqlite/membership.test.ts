import { membershipConformance } from '../../../test/conformance/membership.js';
import { temporaryMembership } from '../../../test/support/membership.js';

membershipConformance('SQLite', temporaryMembership);
