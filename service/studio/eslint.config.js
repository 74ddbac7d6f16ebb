import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
    { ignores: ['src/api/generated/'] },
    js.configs.recommended,
    {
        files: ['**/*.{ts,tsx}'],
        extends: [
            ...tseslint.configs.strictTypeChecked,
            ...tseslint.configs.stylisticTypeChecked,
            reactHooks.configs.flat.recommended,
            jsxA11y.flatConfigs.strict,
        ],
        languageOptions: { parserOptions: { projectService: true } },
        rules: {
            '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
            '@typescript-eslint/no-confusing-void-expression': [
                'error',
                { ignoreArrowShorthand: true },
            ],
            // Handlers of events are given promises; who starts one shows its failure.
            // Steps with one field, which the person came for.
            'jsx-a11y/no-autofocus': 'off',
            // What scrolls must be reachable by keyboard.
            'jsx-a11y/no-noninteractive-tabindex': [
                'error',
                { tags: ['main', 'pre'], roles: ['table', 'tabpanel'] },
            ],
            '@typescript-eslint/no-misused-promises': [
                'error',
                { checksVoidReturn: { attributes: false } },
            ],
        },
    },
    {
        files: ['scripts/*.mjs', '*.js'],
        languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
    },
    {
        files: ['public/*.js'],
        languageOptions: {
            globals: { document: 'readonly', localStorage: 'readonly', matchMedia: 'readonly' },
        },
    },
);
