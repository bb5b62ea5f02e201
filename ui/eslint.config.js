import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

// Run from the repository's root (see package.json), because the apps' pages live outside this folder.
export default ts.config(
  { ignores: ['**/node_modules/**', 'ui/dist/**', '**/*.js'] },
  js.configs.recommended,
  ...ts.configs.strict,
  hooks.configs.flat['recommended-latest'],
  {
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    // Pages tell the time through the page's clock, which follows the server's; the clock is the one exception.
    files: ['ui/src/**/*.{ts,tsx}', 'apps/*/ui/**/*.{ts,tsx}'],
    ignores: ['**/*.test.{ts,tsx}'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Use the page clock.' },
      ],
    },
  },
);
