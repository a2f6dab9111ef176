/** What a condition compares with: an editor for each shape that operators want and each type that fields have. */
import { Group, NumberInput, Select, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { useId, type CSSProperties, type ReactNode } from 'react';
import type { ValueEditorProps } from 'react-querybuilder';
import type { RuleFieldType } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { useFindings } from './findings';
import { ListEditor } from './list-editor';
import { SingleEditor } from './single-editor';
import { durationOf, durationText, UNITS, type Scalar, type Unit } from './values';

type Apart = { style: CSSProperties };

/** How an editor is named, and what is wrong with it, for who does not see what stands around it. */
export interface Marks {
  'aria-label': string;
  error?: ReactNode;
  description?: ReactNode;
  errorProps?: Apart;
  descriptionProps?: Apart;
}

/** Beside the sentence that all see: no place of its own. */
const APART: Apart = { style: { position: 'absolute' } };

export function ValueEditor(props: ValueEditorProps) {
  const { rule, operator } = props;
  const value = props.value as unknown;
  const change = (next: unknown) => {
    props.handleOnChange(next);
  };
  const text = useTexts();
  const { fields, words, errorsOf, sentenceOf } = useFindings();
  const info = fields.get(rule.field);
  const shape = info?.operators.find((one) => one.operator === operator)?.valueShape;
  if (!info || !shape || shape === 'NONE') return null;
  const id = rule.id ?? '';
  const error = errorsOf(id)[0];
  const spoken = error && <VisuallyHidden>{sentenceOf(error)}</VisuallyHidden>;
  const marks = (part: 'only' | 'from' | 'to'): Marks => ({
    'aria-label': text(`rule.value.${part}`, { field: words.field(info) }),
    // A value that is still missing is no mistake.
    ...(error?.code === 'REQUIRED' && { description: spoken, descriptionProps: APART }),
    ...(error && error.code !== 'REQUIRED' && { error: spoken, errorProps: APART }),
  });
  if (shape === 'DURATION')
    return <DurationEditor value={String(value)} marks={marks('only')} onChange={change} />;
  if (shape === 'LIST')
    return (
      <ListEditor
        info={info}
        values={Array.isArray(value) ? (value as Scalar[]) : []}
        marks={marks('only')}
        onChange={change}
      />
    );
  if (shape === 'RANGE') {
    const [low = '', high = ''] = Array.isArray(value) ? (value as Scalar[]) : [];
    return (
      <Group gap="xs" wrap="wrap">
        <SingleEditor
          info={info}
          value={low}
          marks={marks('from')}
          onChange={(next) => {
            change([next, high]);
          }}
        />
        <Text size="sm">{text('rule.and')}</Text>
        <SingleEditor
          info={info}
          value={high}
          marks={marks('to')}
          onChange={(next) => {
            change([low, next]);
          }}
        />
      </Group>
    );
  }
  return <SingleEditor info={info} value={(value ?? '') as Scalar} marks={marks('only')} onChange={change} />;
}

function DurationEditor({
  value,
  marks,
  onChange,
}: {
  value: string;
  marks: Marks;
  onChange: (value: string) => void;
}) {
  const text = useTexts();
  const id = useId();
  const duration = durationOf(value) ?? (/^P[T]?[DWMYH]$/.test(value) ? null : undefined);
  if (duration === undefined)
    return (
      <TextInput
        {...marks}
        w={140}
        value={value}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
      />
    );
  const unit = duration?.unit ?? (value.slice(-1) as Unit);
  return (
    <Group gap="xs" wrap="nowrap">
      <NumberInput
        {...marks}
        id={id}
        w={80}
        allowNegative={false}
        allowDecimal={false}
        allowLeadingZeros={false}
        min={1}
        max={9_999}
        clampBehavior="none"
        value={duration?.count ?? ''}
        onChange={(count) => {
          onChange(durationText(count, unit));
        }}
      />
      <Select
        aria-label={text('rule.unit')}
        w={120}
        allowDeselect={false}
        data={UNITS.map((one) => ({ value: one, label: text(`rule.unit.${one}`) }))}
        value={unit}
        onChange={(next) => {
          if (next) onChange(durationText(duration?.count ?? '', next));
        }}
      />
    </Group>
  );
}

/** Types whose values are written as numbers. */
export function isNumeric(type: RuleFieldType): boolean {
  return type === 'NUMBER' || type === 'MONEY';
}
