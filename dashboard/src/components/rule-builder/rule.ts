/** Rules as the API has them, and as the builder holds them: from one to the other and back without a loss. */
import type { RuleGroupType, RuleType } from 'react-querybuilder';
import type { RuleOperator } from '../../gql/graphql';
import { isFit } from './values';
import type { FieldInfo } from './words';

/** A rule in the shape of RuleInput: exactly one of the keys. */
export type Rule =
  | { all: readonly Rule[] }
  | { any: readonly Rule[] }
  | { not: Rule }
  | { where: { field: string; operator: RuleOperator; value?: unknown } };

export type Condition = RuleType;

/**
 * A group as the builder draws it. One that `isBare` is only the builder's: while it has a single part, that part
 * stands for it in the rule. So conditions that stand alone or under `not` have a group to be drawn in.
 */
export type Tree = RuleGroupType & { isBare?: boolean };

type Part = Tree | Condition;

/** Which part of the builder each place in the rule belongs to: ids by paths that are joined by dots. */
export type Places = ReadonlyMap<string, string>;

let made = 0;

function newId(): string {
  made += 1;
  return `part-${made}`;
}

/** The rule as the builder draws it. */
export function treeOf(rule: Rule): Tree {
  const part = partOf(rule);
  return 'rules' in part ? part : bare(part);
}

/** A tree for a rule that nobody has begun. */
export function emptyTree(): Tree {
  return { id: newId(), combinator: 'all', rules: [], isBare: true };
}

function bare(part: Part): Tree {
  return { id: newId(), combinator: 'all', rules: [part], isBare: true };
}

function partOf(rule: Rule): Part {
  if ('where' in rule) {
    const { field, operator, value } = rule.where;
    return { id: newId(), field, operator, value };
  }
  if ('not' in rule) {
    const part = partOf(rule.not);
    const isPlainGroup = 'rules' in part && !part.not && !part.isBare;
    return { ...(isPlainGroup ? part : bare(part)), not: true };
  }
  const [combinator, parts] = 'all' in rule ? (['all', rule.all] as const) : (['any', rule.any] as const);
  return { id: newId(), combinator, rules: parts.map(partOf) };
}

/** What the builder holds as a rule, and where in it each part went. */
export function ruleOf(tree: Tree): { rule: Rule; places: Places } {
  const places = new Map<string, string>();
  return { rule: written(tree, [], places), places };
}

function written(part: Part, path: readonly string[], places: Map<string, string>): Rule {
  const note = (...keys: string[]) => places.set([...path, ...keys].join('.'), part.id ?? '');
  if (!('rules' in part)) {
    note('where');
    const named = { field: part.field, operator: part.operator as RuleOperator };
    const value: unknown = part.value;
    return { where: value === undefined ? named : { ...named, value } };
  }
  const { not = false, combinator, rules, isBare = false } = part;
  const inner = not ? ['not'] : [];
  note();
  note(...inner);
  const [only] = rules;
  if (isBare && rules.length === 1 && only) {
    const alone = written(only, [...path, ...inner], places);
    return not ? { not: alone } : alone;
  }
  note(...inner, combinator);
  const parts = rules.map((one, index) =>
    written(one, [...path, ...inner, combinator, String(index)], places),
  );
  const group: Rule = combinator === 'any' ? { any: parts } : { all: parts };
  return not ? { not: group } : group;
}

/** The part of the builder that a path into the rule leads to, and what of it the rest of the path names. */
export function partAt(places: Places, path: readonly string[]): { id: string; rest: string } | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const id = places.get(path.slice(0, length).join('.'));
    if (id !== undefined) return { id, rest: path.slice(length).join('.') };
  }
  return null;
}

/** Whether the builder can show the rule as it is: what it cannot is edited as text, never changed. */
export function canShow(rule: unknown, fields: ReadonlyMap<string, FieldInfo>): rule is Rule {
  const inner = onlyEntry(rule);
  if (inner === null) return false;
  const [key, value] = inner;
  if (key === 'all' || key === 'any')
    return Array.isArray(value) && value.every((part) => canShow(part, fields));
  if (key === 'not') return canShow(value, fields);
  return key === 'where' && isKnown(value, fields);
}

function onlyEntry(rule: unknown): [string, unknown] | null {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return null;
  const [first, ...others] = Object.entries(rule);
  return first !== undefined && others.length === 0 ? first : null;
}

function isKnown(where: unknown, fields: ReadonlyMap<string, FieldInfo>): boolean {
  if (typeof where !== 'object' || where === null) return false;
  const { field, operator, value, ...others } = where as Record<string, unknown>;
  const info = typeof field === 'string' ? fields.get(field) : undefined;
  const asked = info?.operators.find((one) => one.operator === operator);
  if (!info || !asked || Object.keys(others).length > 0) return false;
  return isFit(value, asked.valueShape, info.type);
}

/** Whether two rules say the same, in whatever order their keys stand. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, sorted) === JSON.stringify(other, sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
