import tseslint from 'typescript-eslint';

const TIME_AND_CHANCE = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Time is injected: take a Clock.',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Time is injected: take a Clock.',
  },
  {
    selector: "MemberExpression[object.name='performance'][property.name='now']",
    message: 'Time is injected: take a Clock and its monotonicMs().',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Randomness is injected: take a Random.',
  },
];

const ENVIRONMENT = [
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'The environment is read in src/config.ts only: take a typed setting.',
  },
];

// A constant in capitals (a list of columns, a fragment fixed in the code) may be put into a statement; a value may not.
const BUILT_SQL = ['prepare', 'exec'].flatMap((method) => [
  {
    selector: `CallExpression[callee.property.name='${method}'] > TemplateLiteral.arguments > :not(TemplateElement):not(Identifier[name=/^[A-Z][A-Z0-9_]*$/])`,
    message: 'SQL is not built from values: bind them.',
  },
  {
    selector: `CallExpression[callee.property.name='${method}'] > BinaryExpression.arguments[operator='+']`,
    message: 'SQL is not built from values: bind them.',
  },
]);

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.cache/', 'data/', 'demo-data/'] },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      // A union's `default` is deliberate (assertNever, or "all the rest"); without one, every member has its case.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: false, allowNullish: false, allowAny: false, allowRegExp: false },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Ports are asynchronous for the stores that need it; the embedded one answers without waiting.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'off', // the typed rule covers it
      'no-restricted-syntax': ['error', ...BUILT_SQL],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts', 'src/adapters/system/**', 'src/config.ts', 'src/cli/**', 'src/demo/**'],
    rules: { 'no-restricted-syntax': ['error', ...BUILT_SQL, ...TIME_AND_CHANCE, ...ENVIRONMENT] },
  },
  {
    files: ['src/cli/**/*.ts', 'src/demo/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    rules: { 'no-undef': 'off', 'no-unused-vars': 'error', eqeqeq: ['error', 'always', { null: 'ignore' }] },
  },
);
