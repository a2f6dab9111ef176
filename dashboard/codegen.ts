import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../schema.graphql',
  documents: ['src/**/*.{ts,tsx}', '!src/gql/**'],
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        // A scalar that is new here stops the build.
        strictScalars: true,
        scalars: {
          Date: 'string',
          DateTime: 'string',
          // Money: "12.50", exact. Number("12.50") is not.
          Decimal: { input: 'string | number', output: 'string' },
          JSON: 'unknown',
        },
      },
    },
  },
};

export default config;
