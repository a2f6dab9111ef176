import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  // `crm schema > schema.graphql`
  schema: "schema.graphql",
  documents: ["src/**/*.{ts,tsx}"],
  generates: {
    "src/gql/": {
      preset: "client",
      // Writes src/gql/persisted-documents.json, too: see below.
      presetConfig: { persistedDocuments: true },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        // A scalar that is new here stops the build.
        strictScalars: true,
        scalars: {
          Date: "string",
          DateTime: "string",
          // Money: "12.50", exact. Number("12.50") is not.
          Decimal: { input: "string | number", output: "string" },
          JSON: "unknown",
        },
      },
    },
  },
};

export default config;
