import js from '@eslint/js';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['node_modules', 'results', '**/*.js'] },
  js.configs.recommended,
  ...ts.configs.strict,
  {
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // A journey waits for what it wants to see, never for a while.
      'no-restricted-globals': ['error', 'setInterval'],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name='waitForTimeout']",
          message: 'Wait for a condition.',
        },
      ],
    },
  },
);
