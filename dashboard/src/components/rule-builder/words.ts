/** What rules may name, in the reader's language where the page knows it, else in the server's words. */
import { useMemo } from 'react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { graphql } from '../../gql';
import type { RuleFieldsQuery } from '../../gql/graphql';
import { en } from '../../texts/en';

const RULE_FIELDS = graphql(`
  query RuleFields {
    ruleFields {
      field
      label
      section
      type
      options
      choices {
        value
        label
      }
      operators {
        operator
        label
        valueShape
      }
    }
    serverInfo {
      currency
    }
  }
`);

export type FieldInfo = RuleFieldsQuery['ruleFields'][number];

/** The fields by their names, in the order in which they are offered; undefined until they are known. */
export function useRuleFields() {
  const [{ data, error }, again] = useQuery({ query: RULE_FIELDS });
  const fields = useMemo(() => data && new Map(data.ruleFields.map((one) => [one.field, one])), [data]);
  return { fields, currency: data?.serverInfo.currency, error, again };
}

/** Fields whose options are those that occur: another may be written. All others have no other. */
const OPEN = new Set(['country', 'city', 'tags']);

export function takesOthers({ field, options, choices }: FieldInfo): boolean {
  return choices == null && (options == null || OPEN.has(field));
}

export function useRuleWords() {
  const intl = useIntl();
  return useMemo(() => {
    const known = (id: string, otherwise: string) => (id in en ? intl.formatMessage({ id }) : otherwise);
    return {
      field: ({ field, label }: FieldInfo) => known(`rule.field.${field}`, label),
      section: (section: string) => known(`rule.section.${section}`, section),
      operator: (type: string, { operator, label }: { operator: string; label: string }) =>
        known(`rule.operator.${type}.${operator}`, known(`rule.operator.${operator}`, label)),
      missing: (isGroup: boolean) =>
        intl.formatMessage({ id: isGroup ? 'rule.missing.part' : 'rule.missing.value' }),
      /** Of a value: what people call it. */
      value: ({ field, choices }: FieldInfo, value: string) => {
        const chosen = choices?.find((one) => one.value === value);
        if (chosen) return chosen.label;
        const isWord = field === 'suppressed' || field.startsWith('consent.');
        return isWord ? known(`channel.${value}`, known(`rule.option.${value}`, value)) : value;
      },
    };
  }, [intl]);
}
