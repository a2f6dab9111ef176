import { graphql } from '../../gql';

export const REPORT = graphql(`
  query Report(
    $metrics: [ReportMetric!]!
    $by: ReportDimension!
    $from: DateTime
    $until: DateTime
    $timeZone: String
    $first: Int
  ) {
    report(metrics: $metrics, by: $by, from: $from, until: $until, timeZone: $timeZone, first: $first) {
      asOf
      metrics
      rows {
        key
        label
        at
        values
      }
      truncated
    }
  }
`);

export const EXPORT = graphql(`
  mutation ExportRows($input: ExportCreateInput!) {
    exportCreate(input: $input) {
      errors {
        path
        code
        message
      }
      export {
        id
      }
    }
  }
`);
