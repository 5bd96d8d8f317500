/** The tree is the architecture: imports point inward, delivery and adapters → features → core. */
const DELIVERY = '^src/(http|cli|demo)/';
const FEATURES = '^src/(?!core/|adapters/|http/|cli/|demo/|compose/)[^/]+/';
const COMPOSITION = '^src/compose(\\.ts$|/)';
const TESTS = '(\\.test\\.ts$|^test/|^bench/)';
const DRIVERS = '(^|/)node_modules/(better-sqlite3|kysely|mysql2|@redis)/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one concept, or hide a third. Type-only imports count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import names a file or an installed package.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'core-stands-alone',
      comment: 'Core imports nothing of ours outside core.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: TESTS },
      to: { path: '^(src|test|bench)/', pathNot: '^src/core/' },
    },
    {
      name: 'core-has-no-packages',
      comment: 'Core has no runtime dependency.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: TESTS },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'core-does-no-io',
      comment: 'Files, sockets, threads and processes belong to adapters.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: TESTS },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(buffer|crypto|util|async_hooks)$' },
    },
    {
      name: 'features-know-no-outside',
      comment: 'A feature sees core and other features, never who stores for it or who calls it.',
      severity: 'error',
      from: { path: FEATURES, pathNot: TESTS },
      to: { path: ['^src/(adapters|http|cli|demo)/', COMPOSITION, '^src/(cluster-)?config\\.ts$'] },
    },
    {
      name: 'adapters-know-no-delivery',
      comment: 'An adapter implements ports; it does not know who calls them, nor who put it together.',
      severity: 'error',
      from: { path: '^src/adapters/', pathNot: TESTS },
      to: { path: [DELIVERY, COMPOSITION] },
    },
    {
      name: 'adapters-stand-apart',
      comment:
        'An adapter can be taken away without touching another; the clock of the machine, and the forms in which stores keep rows, are there for all.',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/', pathNot: TESTS },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/($1|system|stored)/' },
    },
    {
      name: 'only-compose-knows-adapters',
      comment:
        'src/compose.ts and the folder beside it alone know which adapters are in use; the clock of the machine is free to all outside features.',
      severity: 'error',
      from: { path: '^src/', pathNot: [TESTS, '^src/adapters/', COMPOSITION] },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/system/' },
    },
    {
      name: 'drivers-in-adapters-only',
      comment: 'SQL and its drivers live in adapters; the composition root may open them.',
      severity: 'error',
      from: { path: '^src/', pathNot: [TESTS, '^src/adapters/', COMPOSITION] },
      to: { path: DRIVERS },
    },
    {
      name: 'http-framework-in-http-only',
      comment: 'Use cases do not know that HTTP calls them.',
      severity: 'error',
      from: { path: ['^src/core/', FEATURES, '^src/adapters/'], pathNot: TESTS },
      to: { path: '(^|/)node_modules/(fastify|@fastify|fastify-type-provider-zod|commander)/' },
    },
    {
      name: 'product-needs-no-tests',
      comment: 'What runs imports nothing that only tests and benches have.',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'product-needs-no-dev-packages',
      comment: 'What runs in production needs production packages only; the demo plays on a checkout.',
      severity: 'error',
      from: { path: '^src/', pathNot: [TESTS, '^src/demo/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '(^|/)node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
