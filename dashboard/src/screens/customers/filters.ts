/** What the list is narrowed to: as an address holds it, as the list is asked, and as a rule for all who match. */
import type { CustomerFilter, CustomersTargetInput, RuleInput } from '../../gql/graphql';

export const LAST_VISITS = {
  within30: { operator: 'WITHIN_LAST', value: 'P30D' },
  within90: { operator: 'WITHIN_LAST', value: 'P90D' },
  within365: { operator: 'WITHIN_LAST', value: 'P365D' },
  not90: { operator: 'NOT_WITHIN_LAST', value: 'P90D' },
  not365: { operator: 'NOT_WITHIN_LAST', value: 'P365D' },
  never: { operator: 'NOT_SET', value: null },
} as const;

export type LastVisit = keyof typeof LAST_VISITS;

const NUMBERS = ['spendFrom', 'spendTo', 'visitsFrom', 'visitsTo'] as const;

/** What may stand in an address: ids, codes and figures. */
export interface Filters {
  country?: string;
  group?: string;
  audience?: string;
  spendFrom?: number;
  spendTo?: number;
  visitsFrom?: number;
  visitsTo?: number;
  lastVisit?: LastVisit;
}

/** What people typed or named stays out of addresses. */
export interface Words {
  search: string;
  tags: readonly string[];
}

/** Of what is given, by an address or a saved view, what can be a filter. */
export function filtersOf(given: Record<string, unknown>): Filters {
  const filters: Filters = {};
  const { country, group, audience, lastVisit } = given;
  if (typeof country === 'string' && /^[A-Z]{2}$/.test(country)) filters.country = country;
  if (isId(group)) filters.group = group;
  if (isId(audience)) filters.audience = audience;
  for (const name of NUMBERS) {
    const value = given[name];
    if (typeof value === 'number' && Number.isFinite(value)) filters[name] = value;
  }
  if (typeof lastVisit === 'string' && Object.hasOwn(LAST_VISITS, lastVisit))
    filters.lastVisit = lastVisit as LastVisit;
  return filters;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w+/=-]{1,200}$/.test(value);
}

export function countOf(filters: Filters, { tags }: Words): number {
  const { spendFrom, spendTo, visitsFrom, visitsTo, ...others } = filters;
  const ranges = [spendFrom ?? spendTo, visitsFrom ?? visitsTo, ...tags];
  return Object.keys(others).length + ranges.filter((one) => one !== undefined).length;
}

export function filterOf(filters: Filters, { search, tags }: Words): CustomerFilter | null {
  const conditions = conditionsOf(filters);
  const filter: CustomerFilter = {
    ...(search && { search }),
    ...(tags.length && { tags: [...tags] }),
    ...(filters.group && { groupId: filters.group }),
    ...(filters.audience && { audienceId: filters.audience }),
    ...(conditions.length && { rule: { all: conditions } }),
  };
  return Object.keys(filter).length ? filter : null;
}

/** All who match, as the target of an operation. `audienceRule` is that of the audience of the filters. */
export function targetOf(
  filters: Filters,
  tags: readonly string[],
  audienceRule: unknown,
): CustomersTargetInput {
  const all = conditionsOf(filters);
  all.push(...tags.map((tag) => where('tags', 'CONTAINS', tag)));
  if (filters.group) all.push(where('group', 'CONTAINS', filters.group));
  if (filters.audience) {
    if (all.length === 0) return { audienceId: filters.audience };
    all.push(audienceRule as RuleInput);
  }
  // Everybody: there is no customer without an id.
  if (all.length === 0) all.push(where('externalId', 'IS_SET', null));
  return { rule: { all } };
}

function conditionsOf(filters: Filters): RuleInput[] {
  const rules: RuleInput[] = [];
  const { country, lastVisit } = filters;
  if (country) rules.push(where('country', 'EQ', country));
  const bounds = [
    ['totalSpend', 'GTE', filters.spendFrom],
    ['totalSpend', 'LTE', filters.spendTo],
    ['visitCount', 'GTE', filters.visitsFrom],
    ['visitCount', 'LTE', filters.visitsTo],
  ] as const;
  for (const [field, operator, value] of bounds)
    if (value !== undefined) rules.push(where(field, operator, value));
  if (lastVisit)
    rules.push(where('lastVisitAt', LAST_VISITS[lastVisit].operator, LAST_VISITS[lastVisit].value));
  return rules;
}

type Operator = NonNullable<RuleInput['where']>['operator'];

function where(field: string, operator: Operator, value: unknown): RuleInput {
  return { where: { field, operator, value } };
}
