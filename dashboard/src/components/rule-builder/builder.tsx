/** The builder of rules: groups within groups, each condition with the editor that its field and operator want. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { QueryBuilder, type RuleGroupType } from 'react-querybuilder';
import type { UserError } from '../../api/change';
import type { RuleFieldType, RuleOperator } from '../../gql/graphql';
import { useTexts } from '../../texts';
import classes from './builder.module.css';
import { FindingsContext, noFindings, type Finding, type Findings, type Outcome } from './findings';
import * as parts from './parts';
import { ruleOf, partAt, treeOf, emptyTree, type Condition, type Places, type Rule, type Tree } from './rule';
import { ValueEditor } from './value-editor';
import { fitted } from './values';
import { useRuleWords, type FieldInfo } from './words';

const MAX_LEVELS = 8;

const CONTROLS = {
  rule: parts.ConditionPart,
  ruleGroup: parts.GroupPart,
  ruleGroupHeaderElements: parts.GroupHeader,
  fieldSelector: parts.FieldSelector,
  operatorSelector: parts.OperatorSelector,
  combinatorSelector: parts.CombinatorSelector,
  notToggle: parts.NotToggle,
  shiftActions: parts.ShiftActions,
  actionElement: parts.Action,
  removeRuleAction: parts.RemoveAction,
  removeGroupAction: parts.RemoveAction,
  valueEditor: ValueEditor,
};

/** What people ask of a field first. */
const FIRST_OPERATORS: Partial<Record<RuleFieldType, RuleOperator>> = { MONEY: 'GTE', NUMBER: 'GTE' };

export interface OutcomeAt extends Outcome {
  path: readonly string[];
}

export interface BuilderProps {
  /** What is drawn first; null for nothing yet. Another one needs another `key`. */
  rule: Rule | null;
  fields: ReadonlyMap<string, FieldInfo>;
  currency: string | undefined;
  /** What is wrong, by paths from the rule's root. */
  errors: readonly UserError[];
  /** What each part comes to for one person. */
  outcomes?: readonly OutcomeAt[] | undefined;
  onChange: (rule: Rule) => void;
}

export function Builder({ rule, fields, currency, errors, outcomes, onChange }: BuilderProps) {
  const [tree, setTree] = useState<Tree>(() => (rule ? treeOf(rule) : emptyTree()));
  const { places } = useMemo(() => ruleOf(tree), [tree]);
  const findings = useFindingsOf({ places, fields, currency, errors, outcomes });
  const offered = useOffered(fields, findings.words);
  const box = useFocusKept(tree);
  return (
    <FindingsContext value={findings}>
      <div ref={box} className={classes['box']}>
        <QueryBuilder
          query={tree as RuleGroupType}
          fields={offered}
          combinators={COMBINATORS}
          controlElements={CONTROLS}
          controlClassnames={CLASSNAMES}
          suppressStandardClassnames
          enableMountQueryChange={false}
          showNotToggle
          showShiftActions
          maxLevels={MAX_LEVELS}
          translations={useTranslations()}
          accessibleDescriptionGenerator={noDescription}
          getDefaultOperator={(field) => firstOperator(fields.get(field))}
          getDefaultValue={() => undefined}
          onQueryChange={(next: RuleGroupType) => {
            const fit = fittedTree(next as Tree, tree, fields);
            setTree(fit);
            onChange(ruleOf(fit).rule);
          }}
        />
      </div>
    </FindingsContext>
  );
}

const COMBINATORS = ['all', 'any'].map((name) => ({ name, value: name, label: name }));

const CLASSNAMES = {
  ruleGroup: classes['group'] ?? '',
  header: classes['header'] ?? '',
  body: classes['body'] ?? '',
  rule: classes['condition'] ?? '',
};

/** Groups are named by what is within them, not by their numbers. */
function noDescription(): string {
  return '';
}

function firstOperator(info: FieldInfo | undefined): string {
  const wanted = info && FIRST_OPERATORS[info.type];
  return wanted ?? info?.operators[0]?.operator ?? 'EQ';
}

/** Where a condition asks another thing than before, its value becomes one that can answer it. */
function fittedTree(tree: Tree, before: Tree, fields: ReadonlyMap<string, FieldInfo>): Tree {
  const known = new Map(conditions(before).map((one) => [one.id, one]));
  const fit = (part: Tree | Condition): Tree | Condition => {
    if ('rules' in part) return { ...part, rules: part.rules.map((one) => fit(one)) };
    const old = known.get(part.id);
    if (old?.operator === part.operator && old.field === part.field) return part;
    const info = fields.get(part.field);
    const shape = info?.operators.find((one) => one.operator === part.operator)?.valueShape;
    return info && shape ? { ...part, value: fitted(part.value, shape, info.type) } : part;
  };
  return fit(tree) as Tree;
}

function conditions(tree: Tree): readonly Condition[] {
  return tree.rules.flatMap((part) => ('rules' in part ? conditions(part) : [part]));
}

function useOffered(fields: ReadonlyMap<string, FieldInfo>, words: Findings['words']) {
  return useMemo(() => {
    const bySection = new Map<string, FieldInfo[]>();
    for (const info of fields.values())
      bySection.set(info.section, [...(bySection.get(info.section) ?? []), info]);
    return [...bySection].map(([section, inside]) => ({
      label: words.section(section),
      options: inside.map((info) => ({
        name: info.field,
        value: info.field,
        label: words.field(info),
        operators: info.operators.map((one) => ({
          name: one.operator,
          value: one.operator,
          label: words.operator(info.type, one),
        })),
      })),
    }));
  }, [fields, words]);
}

function useTranslations() {
  const text = useTexts();
  return {
    fields: { title: text('rule.field') },
    operators: { title: text('rule.operator') },
    combinators: { title: text('rule.combinator') },
    notToggle: { label: text('rule.not'), title: '' },
    addRule: { label: text('rule.add'), title: '' },
    addGroup: { label: text('rule.addGroup'), title: '' },
    removeRule: { label: text('rule.remove'), title: text('rule.remove') },
    removeGroup: { label: text('rule.removeGroup'), title: text('rule.removeGroup') },
    shiftActionUp: { label: '↑', title: text('rule.up') },
    shiftActionDown: { label: '↓', title: text('rule.down') },
  };
}

function useFindingsOf({
  places,
  fields,
  currency,
  errors,
  outcomes,
}: Pick<BuilderProps, 'fields' | 'currency' | 'errors' | 'outcomes'> & { places: Places }): Findings {
  const words = useRuleWords();
  return useMemo(() => {
    const wrong = new Map<string, Finding[]>();
    for (const { path, message, code } of errors) {
      const part = partAt(places, path);
      const isOfGroup = !path.includes('where');
      const known = (part && wrong.get(part.id)) ?? [];
      if (part && !known.some((one) => one.message === message))
        wrong.set(part.id, [...known, { message, code, isOfGroup }]);
    }
    const held = new Map<string, Outcome>();
    for (const outcome of outcomes ?? []) {
      const id = places.get(outcome.path.join('.'));
      if (id !== undefined && !held.has(id)) held.set(id, outcome);
    }
    return {
      fields,
      words,
      currency,
      errorsOf: (id) => wrong.get(id) ?? noFindings(),
      sentenceOf: ({ message, code, isOfGroup }) =>
        code === 'REQUIRED' ? words.missing(isOfGroup) : message,
      outcomeOf: (id) => held.get(id),
    };
  }, [places, fields, words, currency, errors, outcomes]);
}

/** Who adds a condition goes on in it; who removes one is not thrown out of the builder. */
function useFocusKept(tree: Tree) {
  const box = useRef<HTMLDivElement>(null);
  const known = useRef<ReadonlySet<string | undefined> | null>(null);
  useEffect(() => {
    const before = known.current;
    const now = conditions(tree).map((one) => one.id);
    known.current = new Set(now);
    if (before === null) return;
    const added = now.find((id) => !before.has(id));
    const target = added
      ? `[data-rule-id="${CSS.escape(added)}"] input`
      : document.activeElement === document.body
        ? '[data-adds]'
        : null;
    if (target) box.current?.querySelector<HTMLElement>(target)?.focus();
  }, [tree]);
  return box;
}
