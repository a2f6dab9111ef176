import { graphql } from '../../gql';

export const REPORT = graphql(`
  query Report(
    $metrics: [ReportMetric!]!
    $by: ReportDimension!
    $from: DateTime
    $until: DateTime
    $timeZone: String
    $rule: RuleInput
    $first: Int
  ) {
    report(
      metrics: $metrics
      by: $by
      from: $from
      until: $until
      timeZone: $timeZone
      rule: $rule
      first: $first
    ) {
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
        ...Refusal
      }
      export {
        id
      }
    }
  }
`);

export const KEPT_REPORT = graphql(`
  fragment KeptReport on SavedReport {
    id
    name
    metrics
    by
    rule
    ruleText
  }
`);

export const SAVED_REPORTS = graphql(`
  query SavedReports {
    savedReports {
      ...KeptReport
    }
  }
`);

export const REPORT_SAVE = graphql(`
  mutation ReportSave($input: ReportSaveInput!) {
    reportSave(input: $input) {
      savedReport {
        ...KeptReport
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const REPORT_DELETE = graphql(`
  mutation ReportDelete($id: ID!) {
    reportDelete(input: { id: $id }) {
      deletedId
      errors {
        ...Refusal
      }
    }
  }
`);
