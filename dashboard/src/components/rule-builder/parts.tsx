/** The parts of the builder, in Mantine's looks: each says what it is, what is wrong with it and whether it holds. */
import { ActionIcon, Badge, CloseButton, Group, SegmentedControl, Text } from '@mantine/core';
import { MantineActionElement, MantineNotToggle, MantineValueSelector } from '@react-querybuilder/mantine';
import {
  Rule,
  RuleGroup,
  RuleGroupHeaderComponents,
  type ActionProps,
  type CombinatorSelectorProps,
  type FieldSelectorProps,
  type NotToggleProps,
  type OperatorSelectorProps,
  type RuleGroupProps,
  type RuleProps,
  type ShiftActionsProps,
  type UseRuleGroup,
} from 'react-querybuilder';
import { useTexts } from '../../texts';
import { useFindings } from './findings';
import classes from './builder.module.css';

export function ConditionPart(props: RuleProps) {
  const { fields, words } = useFindings();
  const info = fields.get(props.rule.field);
  const id = props.id ?? '';
  return (
    <div role="group" aria-label={info ? words.field(info) : props.rule.field} className={classes['part']}>
      <Rule {...props} />
      <Notes id={id} />
    </div>
  );
}

export function GroupPart(props: RuleGroupProps) {
  const text = useTexts();
  return (
    <div role="group" aria-label={text(props.path.length ? 'rule.group' : 'rule.whole')}>
      <RuleGroup {...props} />
    </div>
  );
}

export function GroupHeader(props: RuleGroupProps & UseRuleGroup) {
  return (
    <>
      <RuleGroupHeaderComponents {...props} />
      <Notes id={props.id ?? ''} isGroup />
    </>
  );
}

/** What is wrong with a part, in the server's words where it is a mistake, and what it comes to for one person. */
function Notes({ id, isGroup = false }: { id: string; isGroup?: boolean }) {
  const text = useTexts();
  const { errorsOf, sentenceOf, outcomeOf } = useFindings();
  const errors = errorsOf(id);
  const outcome = outcomeOf(id);
  if (errors.length === 0 && !outcome) return null;
  return (
    <div className={classes['notes']}>
      {errors.map((error) => (
        <Text
          key={error.message}
          size="sm"
          c={error.code === 'REQUIRED' ? 'dimmed' : 'var(--mantine-color-error)'}
          // The editor says it to who does not see it.
          aria-hidden={!isGroup}
        >
          {sentenceOf(error)}
        </Text>
      ))}
      {outcome && (
        <Group gap="xs">
          <Badge color={outcome.matches ? 'green' : 'red'} variant="dot" tt="none">
            {text(outcome.matches ? 'rule.holds' : 'rule.fails')}
          </Badge>
          {!isGroup && outcome.actual != null && (
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {text('rule.actual', { actual: outcome.actual })}
            </Text>
          )}
        </Group>
      )}
    </div>
  );
}

/** Lists lie over what is around them, and are named by a label that no tooltip repeats. */
function selecting({ title, ...props }: FieldSelectorProps | OperatorSelectorProps) {
  return {
    ...props,
    'aria-label': title ?? '',
    allowDeselect: false,
    maxDropdownHeight: 320,
    comboboxProps: {},
  };
}

export function FieldSelector(props: FieldSelectorProps) {
  return (
    <MantineValueSelector
      {...selecting(props)}
      searchable
      openOnFocus={false}
      className={classes['field'] ?? ''}
    />
  );
}

export function OperatorSelector(props: OperatorSelectorProps) {
  return <MantineValueSelector {...selecting(props)} className={classes['operator'] ?? ''} />;
}

export function CombinatorSelector(props: CombinatorSelectorProps) {
  const text = useTexts();
  const { value, title } = props;
  return (
    <SegmentedControl
      aria-label={title ?? ''}
      size="xs"
      data={[
        { value: 'all', label: text('rule.all') },
        { value: 'any', label: text('rule.any') },
      ]}
      value={value ?? 'all'}
      onChange={(next) => {
        props.handleOnChange(next);
      }}
    />
  );
}

export function NotToggle(props: NotToggleProps) {
  return <MantineNotToggle {...props} size="xs" />;
}

/** Order says nothing to the server, but to people; a part that is moved over a group's edge goes into it. */
export function ShiftActions(props: ShiftActionsProps) {
  const { shiftUp, shiftDown, shiftUpDisabled, shiftDownDisabled, titles } = props;
  const all = [
    { sign: '↑', title: titles?.shiftUp, act: shiftUp, isOff: shiftUpDisabled },
    { sign: '↓', title: titles?.shiftDown, act: shiftDown, isOff: shiftDownDisabled },
  ];
  return (
    <Group gap={2} wrap="nowrap" className={classes['moves'] ?? ''}>
      {all.map(({ sign, title, act, isOff }) => (
        <ActionIcon
          key={sign}
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={title ?? ''}
          disabled={isOff ?? false}
          onClick={() => act?.()}
        >
          {sign}
        </ActionIcon>
      ))}
    </Group>
  );
}

export function Action(props: ActionProps) {
  const place = props.path.length === 0 ? { 'data-adds': '' } : {};
  return <MantineActionElement {...props} {...place} size="compact-sm" variant="default" />;
}

export function RemoveAction(props: ActionProps) {
  const { title } = props;
  return (
    <CloseButton
      aria-label={title ?? ''}
      className={classes['remove'] ?? ''}
      onClick={(event) => {
        props.handleOnClick(event);
      }}
    />
  );
}
